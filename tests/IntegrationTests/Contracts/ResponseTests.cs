using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using FeatureFlags.IntegrationTests.Security;

namespace FeatureFlags.IntegrationTests.Contracts;

internal sealed class ResponseTests
{
    private const string Flag = """
        {
          "key": "checkout", "name": "New checkout", "description": "The one-page checkout", "state": "on",
          "variants": [{"key": "control", "weight": 50, "value": false}, {"key": "treatment", "weight": 50, "value": true}],
          "off_variant": "control", "bucket_by": "id", "tags": ["web"], "metadata": {"owner": "web-team"},
          "rules": [
            {"id": "ca", "order": 1, "description": "A quarter of Canada's beta testers",
             "when": {"attr": {"country": "CA"}, "segment": "beta", "percentage": 25}, "rollout": {"variant": "treatment"}}
          ]
        }
        """;

    private const string Segment = """
        {
          "key": "beta", "name": "Beta testers", "description": "Who asked for it",
          "criteria": {"attr": {"plan": ["pro", "team"]}}, "included": ["alice", "bob"], "excluded": ["mallory"]
        }
        """;

    [Test]
    public async Task Flags([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await Contract.Tenant(service, "contract-flags");
        await acme.PostSegment(Segment);
        var contract = new Contract();

        var created = await contract.Add("created", acme.PostFlag(Flag));
        await contract.Add("posted again", acme.PostFlag(Flag));
        await contract.Add("read", acme.GetFlag("checkout"));
        await contract.Add("not modified", acme.Get("/v1/flags/checkout", ("If-None-Match", created.ETag!)));
        await contract.Add("patched", acme.PatchFlag("checkout", """{"state":"off"}"""));
        await acme.PostFlag("""{"key":"minimal","variants":[{"key":"v","weight":1}]}""");
        await contract.Add("first page", acme.Get("/v1/flags?limit=1&q=e"));
        await contract.Add("last page", acme.Get("/v1/flags?state=off&q=minimal"));
        await contract.Add("deleted", acme.DeleteFlag("minimal"));

        await contract.Verify();
    }

    [Test]
    public async Task Segments([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await Contract.Tenant(service, "contract-segments");
        var contract = new Contract();

        await contract.Add("created", acme.PostSegment(Segment));
        await contract.Add("read", acme.Get("/v1/segments/beta"));
        await contract.Add(
            "members changed",
            acme.Send(HttpMethod.Patch, "/v1/segments/beta/members", """{"list":"included","add":["carol"]}""")
        );
        await contract.Add("first page of members", acme.Get("/v1/segments/beta/members?list=included&limit=2"));
        await acme.PostFlag(Flag);
        await contract.Add("usage", acme.Get("/v1/segments/beta/usage"));
        await contract.Add("list", acme.Get("/v1/segments"));
        await acme.PostSegment("""{"key":"long"}""");
        await contract.Add(
            "too long to be shown",
            acme.Send(
                HttpMethod.Patch,
                "/v1/segments/long/members",
                new { list = "excluded", add = Enumerable.Range(0, 1_001).Select(i => $"u{i}") }
            )
        );

        await contract.Verify();
    }

    [Test]
    public async Task Evaluations([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await Contract.Tenant(service, "contract-evaluations");
        var contract = new Contract();
        await acme.PostSegment(Segment);
        await acme.PostFlag(Flag);
        await acme.PostFlag("""{"key":"off","variants":[{"key":"v","weight":1,"value":"text"}]}""");
        await acme.PostFlag(
            """{"key":"unmet","state":"on","variants":[{"key":"v","weight":1}],"prerequisites":[{"key":"off","variant":"v"}]}"""
        );
        await acme.PostFlag(
            """{"key":"keyless","state":"on","bucket_by":"company","variants":[{"key":"v","weight":1},{"key":"w","weight":1}]}"""
        );

        await acme.PostFlag(Sample.Flag("canada", Sample.Rule("ca", new { attr = new { country = "CA" } })));
        await contract.Add("rule_match", acme.Evaluate("canada", "bob", new { country = "CA" }));
        await contract.Add("default_distribution", acme.Evaluate("checkout", "zoe", new { country = "US" }));
        await contract.Add("flag_off", acme.Evaluate("off", "alice"));
        await contract.Add("prerequisite_failed", acme.Evaluate("unmet", "alice"));
        await contract.Add("error", acme.Evaluate("keyless", "alice"));
        await contract.Add("batch", acme.Batch("""{"user":{"id":"bob"},"flag_keys":["checkout","nobody"]}"""));
        await contract.Add("preview", acme.Preview("checkout", "bob", new { country = "US" }));

        await contract.Verify();
    }

    [Test]
    public async Task Ofrep([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await Contract.Tenant(service, "contract-ofrep");
        var contract = new Contract();
        var bob = new { targetingKey = "bob", country = "CA" };
        await acme.PostFlag(Sample.Flag("canada", Sample.Rule("ca", new { attr = new { country = "CA" } })));
        await acme.PostFlag("""{"key":"off","variants":[{"key":"v","weight":1,"value":"text"}]}""");
        await acme.PostFlag(
            """{"key":"split","state":"on","variants":[{"key":"v","weight":1},{"key":"w","weight":1}]}"""
        );

        await contract.Add("TARGETING_MATCH", acme.Ofrep("canada", bob));
        await contract.Add("STATIC", acme.Ofrep("canada", new { }));
        await contract.Add("DISABLED", acme.Ofrep("off", bob));
        await contract.Add("SPLIT", acme.Ofrep("split", bob));
        await contract.Add("TARGETING_KEY_MISSING", acme.Ofrep("split", new { }));
        await contract.Add("FLAG_NOT_FOUND", acme.Ofrep("nobody", bob));
        await contract.Add("INVALID_CONTEXT", acme.Ofrep("canada", "bob"));
        await contract.Add("PARSE_ERROR", acme.Send(HttpMethod.Post, "/ofrep/v1/evaluate/flags", "{"));
        await contract.Add("401", acme.OfrepAll(bob, ("Authorization", "Bearer x")));
        contract.Add("bulk", JsonNode.Parse((await acme.OfrepAll(new { })).Text)!);

        await contract.Verify();
    }

    [Test]
    public async Task Audit([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await Contract.Tenant(service, "contract-audit");
        var contract = new Contract();
        await acme.PostFlag("""{"key":"f","variants":[{"key":"v","weight":1}]}""");
        await acme.Send(
            HttpMethod.Patch,
            "/v1/flags/f",
            """{"state":"on","tags":["web"]}""",
            headers: ("X-Request-ID", "from-the-caller")
        );
        await acme.DeleteFlag("f");

        await contract.Add("page", acme.Audit("?limit=2"));
        await contract.Add("creation", acme.Audit("?action=create"));

        await contract.Verify();
    }

    [Test]
    public async Task Access([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await Contract.Tenant(service, "contract-access");
        var contract = new Contract();
        Task<Answer> Ask(HttpContent? body) => Token(service, body);

        await contract.Add("token", Ask(null));
        var client = await contract.Add(
            "client created",
            acme.Send(HttpMethod.Post, "/v1/admin/clients", """{"name":"Checkout","scopes":["evaluate","flags:r"]}""")
        );
        await contract.Add("clients", acme.Get("/v1/admin/clients"));
        await contract.Add(
            "client's token",
            Ask(
                new FormUrlEncodedContent(
                    new Dictionary<string, string>
                    {
                        ["grant_type"] = "client_credentials",
                        ["client_id"] = client.At("id")!,
                        ["client_secret"] = client.At("secret")!,
                    }
                )
            )
        );
        await contract.Add(
            "secret rotated",
            acme.Send(HttpMethod.Post, $"/v1/admin/clients/{client.At("id")}/rotate-secret")
        );
        var key = await contract.Add("key created", acme.PostKey("""{"name":"Shop","kind":"server"}"""));
        var path = $"{KeyHolders.Keys}/{key.At("id")}";
        await contract.Add("keys", acme.Get(KeyHolders.Keys));
        await contract.Add("key changed", acme.Send(HttpMethod.Patch, path, """{"name":"Shop 2"}"""));
        await contract.Add("key rotated", acme.Send(HttpMethod.Post, $"{path}/rotate"));
        await contract.Add("key revoked", acme.Send(HttpMethod.Delete, path));
        await contract.Add("environments", acme.Get("/v1/environments"));

        await contract.Verify();
    }

    [Test]
    public async Task Problems()
    {
        var service = await Service.On(Engine.Sqlite);
        var acme = await Contract.Tenant(service, "contract-problems");
        var contract = new Contract();
        var text = new ByteArrayContent("{}"u8.ToArray());
        text.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
        await acme.PostFlag("""{"key":"f","variants":[{"key":"v","weight":1}]}""");
        await acme.PostFlag(
            """{"key":"g","variants":[{"key":"v","weight":1}],"prerequisites":[{"key":"f","variant":"v"}]}"""
        );
        var reader = await acme.As("reader", "flags:r");
        await using var limited = await Service.Start(Engine.Sqlite, new() { ["RATE_LIMIT_READS"] = "1" });
        var eager = await limited.Tenant("contract-problems");
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => eager.Get("/v1/flags")));

        await contract.Add("400 of a query value", acme.Get("/v1/flags?limit=0"));
        await contract.Add("400 of JSON", acme.PostFlag("{"));
        await contract.Add("401 without a token", Answer.Of(await service.Http.GetAsync("/v1/flags")));
        await contract.Add("401 with a wrong token", acme.Get("/v1/flags", ("Authorization", "Bearer x")));
        await contract.Add("400 of two credentials", acme.Get("/v1/flags", ("X-API-Key", "ff_x")));
        await contract.Add("403", reader.DeleteFlag("f"));
        await contract.Add("404", acme.GetFlag("nobody"));
        await contract.Add("404 of no route", acme.Get("/v1/nothing"));
        await contract.Add("405", acme.Send(HttpMethod.Put, "/v1/flags", "{}"));
        await contract.Add("409", acme.DeleteFlag("f"));
        await contract.Add("412", acme.DeleteFlag("f", ifMatch: "\"7\""));
        await contract.Add("413", acme.PostFlag(new string(' ', 1024 * 1024 + 1)));
        await contract.Add("415", acme.PostFlag(text));
        await contract.Add("422", acme.PostFlag("""{"key":"f","variants":[],"state":1}"""));
        contract.Add("429", answers.First(answer => (int)answer.Status == 429));

        await contract.Verify();
    }

    [Test]
    public async Task The_request_id_is_the_caller_s_where_it_is_fit_for_logs_and_else_a_new_one()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        async Task<string> Echoed(string? sent) =>
            (await (sent is null ? acme.Get("/v1/flags") : acme.Get("/v1/flags", ("X-Request-ID", sent))))
                .Headers.GetValues("X-Request-ID")
                .Single();

        Assert.That(await Echoed("abc-123"), Is.EqualTo("abc-123"));
        foreach (var unfit in new[] { null, "", "a b", new string('a', 129) })
            Assert.That(await Echoed(unfit), Does.Match("^[0-9a-f]{32}$"), unfit);
        var refused = await acme.Get("/v1/flags?limit=0", ("X-Request-ID", "of-a-refusal"));
        Assert.That(refused.Headers.GetValues("X-Request-ID").Single(), Is.EqualTo("of-a-refusal"));
    }

    private static async Task<Answer> Token(Service service, HttpContent? body) =>
        await Answer.Of(await service.Http.PostAsync("/v1/auth/token", body));
}
