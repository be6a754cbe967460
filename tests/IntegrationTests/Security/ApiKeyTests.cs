using System.Net;
using FeatureFlags.Access.Keys;
using FeatureFlags.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FeatureFlags.IntegrationTests.Security;

internal sealed class ApiKeyTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    [Test]
    public async Task A_key_is_enough_to_evaluate_in_either_header([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var staging = (await service.Tenant("acme")).In("staging");
        await staging.PostFlag(Sample.Flag("f"));
        var key = await staging.ServerKey(service.Http);

        foreach (var header in new[] { key.Bearer, key.OwnHeader })
        {
            // Twice: the second time from memory.
            for (var i = 0; i < 2; i++)
            {
                var answer = await key.Send(HttpMethod.Post, "/v1/evaluate", KeyHolder.Evaluation("f"), header);
                Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.ToString());
            }
        }
    }

    [Test]
    public async Task The_text_is_shown_when_it_is_made_and_never_again([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");

        var created = await acme.PostKey(new { name = "Shop", kind = "client" });

        var path = $"/v1/admin/api-keys/{created.At("id")}";
        Assert.That(created.Status, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(created.Headers.Location?.ToString(), Is.EqualTo(path));
        Assert.That(created.ETag, Is.EqualTo("\"1\""));
        Assert.That(created.Headers.CacheControl?.NoStore, Is.True);
        Assert.That(created.At("key"), Does.Match("^ff_client_[A-Za-z0-9_-]{43}$"));
        var rotated = await acme.Send(HttpMethod.Post, $"{path}/rotate");
        Assert.That(rotated.At("key"), Does.StartWith("ff_client_").And.Not.EqualTo(created.At("key")));
        Assert.That(rotated.ETag, Is.EqualTo("\"2\""));
        Assert.That(rotated.Headers.CacheControl?.NoStore, Is.True);
        foreach (var read in new[] { await acme.Get(path), await acme.Get("/v1/admin/api-keys") })
            Assert.That(read.Text, Does.Contain("Shop").And.Not.Contain("ff_client_"));
        await acme.Send(HttpMethod.Delete, path);
        var audit = await acme.Audit("?entity=api_key");
        Assert.That(audit["items"].GetArrayLength(), Is.EqualTo(3));
        var everything = await Everything(service);
        foreach (var text in new[] { created.At("key")!, rotated.At("key")! })
        {
            Assert.That(audit.Text + everything, Does.Not.Contain(text));
            Assert.That(audit.Text + everything, Does.Not.Contain(text["ff_client_".Length..]));
        }
    }

    [Test]
    public async Task What_is_left_out_takes_what_its_kind_needs_and_no_more()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        var server = await acme.PostKey(new { name = "s", kind = "server" });
        var client = await acme.PostKey(new { name = "c", kind = "client" });

        Assert.That(Scopes(server), Is.EquivalentTo(["evaluate", "flags:r", "segments:r", "events:r"]));
        Assert.That(Scopes(client), Is.EqualTo(["evaluate"]));
        Assert.That(server.At("expires_at"), Is.Null);
    }

    [Test]
    public async Task A_key_works_in_its_tenant_and_environment_alone([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        var key = await acme.ServerKey(service.Http);

        Task<Answer> With(params (string, string)[] headers) => key.Evaluate("f", headers);

        IsStatus(await With(("X-Tenant-ID", acme.Tenant), ("X-Environment", "production")), 200);
        IsStatus(await With(("X-Tenant-ID", "globex")), 403);
        IsStatus(await With(("X-Environment", "staging")), 403);
        IsStatus(await With(("X-Tenant-ID", "Not a name")), 400);
        IsStatus(await With(("X-Environment", "Not a name")), 400);
        await acme.In("staging").PostFlag(Sample.Flag("f"));
        var environments = await key.Send(HttpMethod.Get, "/v1/environments", null, key.OwnHeader);
        Assert.That(environments["items"].GetArrayLength(), Is.EqualTo(1), environments.ToString());
        Assert.That(environments.At("items.0.key"), Is.EqualTo("production"));
    }

    [Test]
    public async Task What_is_no_key_is_refused_with_a_challenge([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        var key = await acme.ServerKey(service.Http);
        string[] wrong =
        [
            "",
            "ff_",
            "ff_server_",
            key.Key[..^1],
            $"{key.Key}A",
            $"{key.Key[..^1]}{(key.Key[^1] == 'A' ? 'E' : 'A')}",
            key.Key.ToUpperInvariant(),
            key.Key.Replace("ff_server_", "ff_client_", StringComparison.Ordinal),
            $"ff_server_{new string('~', 43)}",
        ];

        foreach (var text in wrong)
        {
            // Twice: the second time from memory.
            for (var i = 0; i < 2; i++)
            {
                var answer = await (key with { Key = text }).Evaluate("f");
                IsStatus(answer, 401);
                Assert.That(answer.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer error=\"invalid_token\""));
            }
        }
        IsStatus(await key.Send(HttpMethod.Get, "/v1/flags", null, ("Authorization", $"Bearer {wrong[3]}")), 401);
        IsStatus(await key.Send(HttpMethod.Get, "/v1/flags", null, ("Authorization", $"Basic {key.Key}")), 401);
    }

    [Test]
    public async Task Two_credentials_are_refused_unless_they_are_one()
    {
        var service = await Service.On(Engine.Sqlite);
        var acme = await service.Tenant("acme");
        var (one, other) = (await acme.ServerKey(service.Http), await acme.ServerKey(service.Http));

        Task<Answer> With(params (string, string)[] headers) =>
            one.Send(HttpMethod.Get, "/v1/flags", null, [("X-Tenant-ID", acme.Tenant), .. headers]);

        IsStatus(await With(one.OwnHeader, one.Bearer), 200);
        IsStatus(await With(one.OwnHeader, other.Bearer), 400);
        IsStatus(await With(one.OwnHeader, ("Authorization", $"Bearer {acme.Token}")), 400);
    }

    [Test]
    public async Task A_client_key_evaluates_and_reaches_nothing_else()
    {
        var service = await Service.On(Engine.Sqlite);
        var acme = await service.Tenant("acme");
        var key = await acme.ClientKey(service.Http);
        string[] open = ["POST /v1/evaluate", "POST /v1/evaluate/batch"];

        foreach (var route in Route.ProtectedOf(service))
        {
            var answer = await Call(key, route);
            if (open.Contains(route.Name) || route.IsOfrep)
                Assert.That((int)answer.Status, Is.Not.AnyOf(401, 403), $"{route}: {answer}");
            else
                Assert.That((int)answer.Status, Is.EqualTo(403), $"{route}: {answer}");
        }
    }

    [Test]
    public async Task A_server_key_with_every_scope_it_can_have_reaches_everything_but_administration()
    {
        var service = await Service.On(Engine.Sqlite);
        var acme = await service.Tenant("acme");
        var all = BuildingBlocks.Http.Scopes.All.Where(scope => scope != "admin");
        var key = await acme.ServerKey(service.Http, [.. all]);

        foreach (var route in Route.ProtectedOf(service))
        {
            var answer = await Call(key, route);
            if (route.Template.StartsWith("/v1/admin/", StringComparison.Ordinal))
                Assert.That((int)answer.Status, Is.EqualTo(403), $"{route}: {answer}");
            else
                Assert.That((int)answer.Status, Is.Not.AnyOf(401, 403), $"{route}: {answer}");
        }
    }

    [Test]
    public async Task A_revoked_key_is_refused_by_the_next_request_and_what_it_was_doing_ends([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        var key = await acme.ServerKey(service.Http);
        IsStatus(await key.Evaluate("f"), 200);
        var held = service.Services.GetRequiredService<KnownKeys>().Held.Single(k => k.Terms.KeyId == key.Id);

        IsStatus(await acme.RevokeKey(key), 204);

        IsStatus(await key.Evaluate("f"), 401);
        Assert.That(held.Caller.Bounds!.Revoked.IsCancellationRequested);
        IsStatus(await acme.Get($"/v1/admin/api-keys/{key.Id}"), 404);
        IsStatus(await acme.RevokeKey(key), 404);
    }

    [Test]
    public async Task A_key_revoked_at_one_host_is_refused_at_the_other_within_a_second()
    {
        await using var here = await Service.Start(Engine.Postgres);
        await using var there = await Service.Start(Engine.Postgres, dsn: here.Dsn);
        var acme = await here.Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        var key = (await acme.ServerKey(here.Http)).At(there.Http);
        IsStatus(await key.Evaluate("f"), 200);

        await acme.RevokeKey(key);

        await Eventually.Holds(async () => (int)(await key.Evaluate("f")).Status == 401, Soon);
    }

    [Test]
    public async Task A_rotated_key_s_former_text_is_good_for_a_while_at_every_host()
    {
        await using var here = await Service.Start(Engine.Postgres);
        await using var there = await Service.Start(Engine.Postgres, dsn: here.Dsn);
        var acme = await here.Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        var first = (await acme.ServerKey(here.Http)).At(there.Http);
        IsStatus(await first.Evaluate("f"), 200);

        var second = await acme.RotateKey(first);
        IsStatus(await first.Evaluate("f"), 200);
        IsStatus(await second.Evaluate("f"), 200);

        var third = await acme.RotateKey(second, overlap: 0);
        IsStatus(await third.Evaluate("f"), 200);
        foreach (var former in new[] { first, second })
            await Eventually.Holds(async () => (int)(await former.Evaluate("f")).Status == 401, Soon);
        IsStatus(await third.Evaluate("f"), 200);
    }

    [Test]
    public async Task A_key_is_good_until_it_expires_and_again_when_its_end_is_put_off([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        var end = DateTimeOffset.Parse("2100-01-01T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture);
        var key = await acme.NewKey(
            service.Http,
            new
            {
                name = "k",
                kind = "server",
                expires_at = end,
            }
        );
        IsStatus(await key.Evaluate("f"), 200);

        var soon = TimeProvider.System.GetUtcNow().AddSeconds(1);
        IsStatus(await acme.PatchKey(key, new { expires_at = soon }), 200);
        await Eventually.Holds(async () => (int)(await key.Evaluate("f")).Status == 401);
        Assert.That(TimeProvider.System.GetUtcNow(), Is.GreaterThanOrEqualTo(soon.AddMilliseconds(-1)));

        IsStatus(await acme.PatchKey(key, """{"expires_at":null}"""), 200);
        IsStatus(await key.Evaluate("f"), 200);
    }

    [Test]
    public async Task A_page_of_another_origin_can_not_use_a_key_that_names_some([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        var key = await acme.ClientKey(service.Http, "https://shop.example", "http://localhost:3000");

        Task<Answer> From(params string[] origins) => key.Evaluate("f", [.. origins.Select(o => ("Origin", o))]);

        IsStatus(await From("https://shop.example"), 200);
        IsStatus(await From("http://localhost:3000"), 200);
        IsStatus(await From(), 200);
        foreach (
            var other in new[]
            {
                "https://other.example",
                "http://shop.example",
                "https://shop.example:8443",
                "https://SHOP.example",
                "https://shop.example.evil.example",
                "null",
                "",
            }
        )
            IsStatus(await From(other), 403);
        IsStatus(await From("https://shop.example", "https://other.example"), 403);

        await acme.PatchKey(key, new { allowed_origins = new[] { "https://other.example" } });
        IsStatus(await From("https://other.example"), 200);
        IsStatus(await From("https://shop.example"), 403);

        await acme.PatchKey(key, """{"allowed_origins":null}""");
        IsStatus(await From("https://shop.example"), 200);
    }

    [Test]
    public async Task What_is_done_by_key_is_done_by_its_id_whatever_it_is_called([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        var key = await acme.ServerKey(service.Http, "flags:rw");

        IsStatus(await key.Send(HttpMethod.Post, "/v1/flags", Sample.Flag("f"), key.Bearer), 201);
        await acme.PatchKey(key, new { name = "Called something else" });

        var entries = await acme.Audit($"?actor={key.Id}");
        Assert.That(entries["items"].GetArrayLength(), Is.EqualTo(1), entries.ToString());
        Assert.That(entries.At("items.0.entity_key"), Is.EqualTo("f"));
        var changes = await acme.Audit($"?entity=api_key&entity_key={key.Id}");
        Assert.That(
            changes["items"].EnumerateArray().Select(i => i.GetProperty("action").GetString()),
            Is.EqualTo(["update", "create"])
        );
    }

    [Test]
    public async Task When_a_key_was_used_is_noted_and_is_no_change([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        var (used, idle) = (await acme.ServerKey(service.Http), await acme.ServerKey(service.Http));
        var before = TimeProvider.System.GetUtcNow();
        IsStatus(await used.Send(HttpMethod.Get, "/v1/flags", null, used.Bearer), 200);
        var revisions = (await acme.Get("/v1/environments")).Text;

        await service.Services.GetServices<IHostedService>().OfType<NoteKeyUse>().Single().Note(default);

        var noted = await acme.Get($"/v1/admin/api-keys/{used.Id}");
        Assert.That(
            noted["last_used_at"].GetDateTimeOffset(),
            Is.InRange(before.AddMilliseconds(-1), TimeProvider.System.GetUtcNow())
        );
        Assert.That(noted.ETag, Is.EqualTo("\"1\""));
        Assert.That((await acme.Get($"/v1/admin/api-keys/{idle.Id}")).At("last_used_at"), Is.Null);
        Assert.That((await acme.Get("/v1/environments")).Text, Is.EqualTo(revisions));
    }

    [Test]
    public async Task The_token_endpoint_takes_no_key()
    {
        await using var service = await Service.Start(Engine.Sqlite, new() { ["AUTH_STUB_ISSUER"] = "false" });
        var admin = Jwt.Valid(TimeProvider.System).With("scopes", new[] { "admin" }).Signed();
        var key = await new TenantClient(service, "acme", "production", admin).ServerKey(service.Http);
        IsStatus(await key.Send(HttpMethod.Get, "/v1/flags", null, key.Bearer), 200);

        var credentials = new
        {
            grant_type = "client_credentials",
            client_id = key.Id,
            client_secret = key.Key,
        };
        IsStatus(await key.Send(HttpMethod.Post, "/v1/auth/token", null, key.Bearer), 401);
        IsStatus(await key.Send(HttpMethod.Post, "/v1/auth/token", null, key.OwnHeader), 401);
        IsStatus(await key.Send(HttpMethod.Post, "/v1/auth/token", credentials, key.OwnHeader), 401);
    }

    [Test]
    public async Task The_list_is_paged_and_has_the_keys_of_one_environment([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        var keys = new List<string>();
        for (var i = 0; i < 3; i++)
            keys.Add((await acme.ServerKey(service.Http)).Id);
        await acme.In("staging").ServerKey(service.Http);
        await acme.RotateKey(new KeyHolder(service.Http, keys[0], ""));

        var first = await acme.Get("/v1/admin/api-keys?limit=2");
        var second = await acme.Get($"/v1/admin/api-keys?limit=2&page_token={first.At("next_page_token")}");

        var listed = new[] { first, second }.SelectMany(page => page["items"].EnumerateArray()).ToList();
        Assert.That(
            listed.Select(key => key.GetProperty("id").GetString()),
            Is.EqualTo(keys.Order(StringComparer.Ordinal))
        );
        Assert.That(second.At("next_page_token"), Is.Null);
    }

    [Test]
    public async Task A_stale_precondition_keeps_a_key_as_it_is()
    {
        var service = await Service.On(Engine.Sqlite);
        var acme = await service.Tenant("acme");
        var key = await acme.ServerKey(service.Http);
        var path = $"/v1/admin/api-keys/{key.Id}";

        foreach (
            var (method, to, body) in new (HttpMethod, string, object?)[]
            {
                (HttpMethod.Patch, path, new { name = "Renamed" }),
                (HttpMethod.Post, $"{path}/rotate", null),
                (HttpMethod.Delete, path, null),
            }
        )
            IsStatus(await acme.Send(method, to, body, ifMatch: "\"2\""), 412);

        IsStatus(await acme.Get(path, ("If-None-Match", "\"1\"")), 304);
    }

    private static async Task<Answer> Call(KeyHolder key, Route route) =>
        await key.Send(
            route.Method,
            route.PathTo("nobody-has-this"),
            ValidBody.For(route, "nobody-has-this"),
            key.OwnHeader
        );

    private static IEnumerable<string?> Scopes(Answer key) =>
        key["scopes"].EnumerateArray().Select(scope => scope.GetString());

    /// <summary>Every row that could repeat what a change was about, as text.</summary>
    private static async Task<string> Everything(Service service)
    {
        await using var connection = service.Connect();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText =
            "SELECT before, after FROM outbox_messages; SELECT before, after FROM audit_entries; SELECT id, name, scope FROM access_api_keys";
        await using var rows = await command.ExecuteReaderAsync();
        var all = new List<string?>();
        do
        {
            while (await rows.ReadAsync())
                all.AddRange(Enumerable.Range(0, rows.FieldCount).Select(i => rows.GetValue(i).ToString()));
        } while (await rows.NextResultAsync());
        Assert.That(all, Is.Not.Empty);
        return string.Join('\n', all);
    }

    private static void IsStatus(Answer answer, int status) =>
        Assert.That((int)answer.Status, Is.EqualTo(status), answer.ToString());
}
