using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Streaming;
using FeatureFlags.Evaluation.Domain;
using FeatureFlags.Evaluation.Sync;
using FeatureFlags.IntegrationTests.Contracts;
using FeatureFlags.IntegrationTests.Operations;
using FeatureFlags.IntegrationTests.Outbox;
using FeatureFlags.Testing;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.IntegrationTests.Sdk;

internal sealed class SdkRulesTests
{
    [Test]
    public async Task Rules_and_what_becomes_of_them_are_as_agreed([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await Contract.Tenant(service, "contract-sdk");
        await acme.PostSegment(
            """{"key":"beta","criteria":{"attr":{"plan":"pro"}},"included":["ada"],"name":"Beta"}"""
        );
        await acme.PostFlag(
            """
            {"key":"f","state":"on","variants":[{"key":"v","weight":1.50,"value":"two\nlines"}],"tags":["web"],
             "metadata":{"owner":"web","n":1.0},"rules":[{"id":"r","order":1,"when":{"segment":"beta"},"rollout":{"variant":"v"}}]}
            """
        );
        var contract = new Contract();
        await contract.Add("rules", acme.SdkRules());

        await using var stream = await acme.SdkStream();
        await Told("snapshot");
        await acme.PatchFlag("f", """{"rules":[]}""");
        await Told("flag changed");
        await acme.Send(
            HttpMethod.Patch,
            "/v1/segments/beta/members",
            new { list = "excluded", add = new[] { "bob" } }
        );
        await Told("segment changed");
        await acme.DeleteFlag("f");
        await Told("flag deleted");
        await acme.Send(HttpMethod.Delete, "/v1/segments/beta");
        await Told("segment deleted");

        await contract.Verify();

        async Task Told(string what)
        {
            var next = (await stream.Events(1)).Single();
            contract.Add($"{what}: {next.Id} {next.Event}", JsonNode.Parse(next.Data!)!);
        }
    }

    [Test]
    public async Task An_environment_that_nobody_wrote_to_has_no_rules_and_revision_0([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");

        var rules = await acme.SdkRules();

        Assert.That(rules.Status, Is.EqualTo(HttpStatusCode.OK), rules.ToString());
        Assert.That((rules.ETag, rules.At("revision")), Is.EqualTo(("\"0.\"", "0")));
        Assert.That(rules["flags"].GetArrayLength() + rules["segments"].GetArrayLength(), Is.Zero);
        Assert.That((await acme.SdkRules(("If-None-Match", "\"0.\""))).Status, Is.EqualTo(HttpStatusCode.NotModified));
    }

    [Test]
    public async Task Who_has_the_newest_rules_is_not_sent_them_again([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        var first = await acme.SdkRules();

        var same = await acme.SdkRules(("If-None-Match", first.ETag!));
        await acme.PatchFlag("checkout", new { description = "changed" });
        var changed = await acme.SdkRules(("If-None-Match", first.ETag!));

        Assert.That((same.Status, same.ETag, same.Text), Is.EqualTo((HttpStatusCode.NotModified, first.ETag, "")));
        Assert.That(changed.Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((changed.At("flags.0.description"), changed.At("flags.0.version")), Is.EqualTo(("changed", "2")));
    }

    [TestCase("gzip", true)]
    [TestCase("br, GZIP;q=0.5", true)]
    [TestCase("gzip;q=0", false)]
    [TestCase("br", false)]
    [TestCase(null, false)]
    public async Task They_are_compressed_for_who_takes_them_so(string? accepted, bool compressed)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        var request = acme.Request(HttpMethod.Get, "/v1/sdk/rules");
        if (accepted is not null)
            request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);

        using var answer = await acme.Service.Http.SendAsync(request);

        var body = await answer.Content.ReadAsStreamAsync();
        if (compressed)
            body = new GZipStream(body, CompressionMode.Decompress);
        Assert.That(answer.Content.Headers.ContentEncoding, Is.EqualTo(compressed ? new[] { "gzip" } : []));
        Assert.That(await new StreamReader(body).ReadToEndAsync(), Is.EqualTo((await acme.SdkRules()).Text));
    }

    [Test]
    public async Task No_cache_takes_one_callers_rules_for_anothers()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));

        var rules = await acme.SdkRules();
        var same = await acme.SdkRules(("If-None-Match", rules.ETag!));

        Assert.That(same.Status, Is.EqualTo(HttpStatusCode.NotModified));
        foreach (var answer in new[] { rules, same })
        {
            Assert.That($"{answer.Headers.CacheControl}", Is.EqualTo("no-cache, private"));
            Assert.That(
                answer.Headers.Vary,
                Is.EqualTo(new[] { "Accept-Encoding", "Authorization", "X-API-Key", "X-Tenant-ID", "X-Environment" })
            );
        }
    }

    [Test]
    public async Task A_client_that_is_slow_gets_all_of_a_long_list_and_one_that_takes_nothing_is_cut_off()
    {
        var clock = new ShiftedClock { Held = PatientWriting.Patience };
        await using var service = await Service.Start(Engine.Sqlite, clock: clock);
        var acme = await service.Tenant("acme");
        await acme.PostSegment(new { key = "insiders" });
        // More than a connection holds.
        for (var part = 0; part < 9; part++)
            await AddMembers(acme, Enumerable.Range(0, 4_000).Select(i => $"{part}-{i}-{new string('x', 230)}"));
        var expected = (await acme.SdkRules()).Text;

        using var slow = await Begin();
        using var deaf = await Begin();
        // Nothing of it piles up in the host: it waits for its clients.
        await Eventually.Holds(() => clock.Waiting(PatientWriting.Patience) == 2);
        Assert.That(await slow.Content.ReadAsStringAsync(), Is.EqualTo(expected));
        await Eventually.Holds(() => clock.Waiting(PatientWriting.Patience) == 1);
        clock.Pass(PatientWriting.Patience);
        Assert.That(async () => await deaf.Content.ReadAsStringAsync(), Throws.InstanceOf<HttpRequestException>());

        Task<HttpResponseMessage> Begin() =>
            service.Http.SendAsync(
                acme.Request(HttpMethod.Get, "/v1/sdk/rules"),
                HttpCompletionOption.ResponseHeadersRead
            );

        static async Task AddMembers(TenantClient tenant, IEnumerable<string> ids)
        {
            var change = new { list = "included", add = ids.ToArray() };
            var answer = await tenant.Send(HttpMethod.Patch, "/v1/segments/insiders/members", change);
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.ToString());
        }
    }

    [Test]
    public async Task No_limit_of_a_requests_time_cuts_them_off()
    {
        var service = await Service.On(Engine.Sqlite);
        var rules = service
            .Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Single(endpoint => endpoint.RoutePattern.RawText == "/v1/sdk/rules");

        Assert.That(rules.Metadata.GetMetadata<DisableRequestTimeoutAttribute>(), Is.Not.Null);
    }

    [TestCase("evaluate", "flags:r", HttpStatusCode.Forbidden)]
    [TestCase("evaluate", "segments:r", HttpStatusCode.Forbidden)]
    [TestCase("flags:r", "segments:r", HttpStatusCode.Forbidden)]
    [TestCase("evaluate", "flags:r segments:r", HttpStatusCode.OK)]
    public async Task Whoever_may_not_read_rules_does_not_get_them(string one, string others, HttpStatusCode status)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        var caller = await acme.As("sdk", [one, .. others.Split(' ')]);

        await using var stream = await caller.SdkStream();

        Assert.That((await caller.SdkRules()).Status, Is.EqualTo(status));
        Assert.That(stream.Response.StatusCode, Is.EqualTo(status));
    }

    [Test]
    public async Task Everyone_who_asks_at_one_revision_shares_the_same_bytes([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        var source = service.Services.GetRequiredService<SyncSource>();
        var cache = service.Services.GetRequiredService<RuleCache>();
        var scope = new Scope(acme.Tenant, "production");
        var before = (await cache.Get(scope, default)).Head;
        var snapshots = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => source.Snapshot(before, 0, default)));
        await acme.PatchFlag("checkout", new { state = "off" });
        var head = (await cache.Get(scope, default)).Head;

        var deltas = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => source.Since(before, head, default)));

        Assert.That(snapshots.Distinct(ReferenceEqualityComparer.Instance).Count(), Is.EqualTo(1));
        Assert.That(deltas.Distinct(ReferenceEqualityComparer.Instance).Count(), Is.EqualTo(1));
        Assert.That(deltas[0]!.Head, Is.EqualTo(head));
        Assert.That(await source.Snapshot(head, 0, default), Is.Not.SameAs(snapshots[0]));
    }

    [Test]
    public async Task A_host_that_is_behind_what_another_told_looks_again()
    {
        await using var one = await Service.Start(Engine.Postgres);
        // It does not hear of the other's writes by itself.
        await using var other = await Service.Start(
            Engine.Postgres,
            new() { ["Outbox:Notify"] = "false", ["Outbox:RevisionPoll"] = "01:00:00" },
            one.Dsn
        );
        var here = await one.Tenant("acme");
        var there = here.At(other.Http);
        await here.PostFlag(Sample.Flag("checkout"));
        Assert.That((await there.SdkRules()).At("revision"), Is.EqualTo("1"));
        await here.PatchFlag("checkout", new { state = "off" });
        var told = await here.SdkRules();

        Assert.That((await there.SdkRules()).At("revision"), Is.EqualTo("1"), "The test proves nothing.");
        var again = await there.SdkRules(("If-None-Match", told.ETag!));
        await using var stream = await there.SdkStream(told.ETag!.Trim('"'));

        Assert.That(again.Status, Is.EqualTo(HttpStatusCode.NotModified), again.ToString());
        Assert.That((await stream.Next())!.IsHeartbeat);
        Assert.That((await there.SdkRules()).At("revision"), Is.EqualTo("2"));
    }

    [Test]
    public async Task While_the_database_is_away_the_newest_that_were_made_are_served()
    {
        await using var cluster = PostgresCluster.LaunchDurable();
        await using var installation = Installation.On(await cluster.CreateDatabase());
        var host = await installation.Run();
        var acme = await host.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        var rules = await acme.SdkRules();
        await acme.In("staging").PostFlag(Sample.Flag("checkout"));
        await acme.In("staging").Evaluate("checkout", "u1");
        await using var open = await acme.SdkStream();
        await open.Events(1);

        cluster.StopImmediate();
        await Eventually.Holds(async () => (await acme.Evaluate("checkout", "u1")).At("stale") == "True");

        var served = await acme.SdkRules();
        Assert.That((served.Text, served.ETag), Is.EqualTo((rules.Text, rules.ETag)), served.ToString());
        var cursor = rules.ETag!.Trim('"');
        await using var next = await acme.SdkStream();
        Assert.That((await next.Events(1)).Single().Data, Is.EqualTo(rules.Text));
        await using var resumed = await acme.SdkStream(cursor);
        Assert.That((await resumed.Next())!.IsHeartbeat);
        await using var ahead = await acme.SdkStream($"9{cursor}");
        Assert.That(ahead.Response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable), "nobody is taken back");
        var neverMade = await acme.In("staging").SdkRules();
        Assert.That(neverMade.Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable), neverMade.ToString());

        cluster.Start();
        await Eventually.Holds(async () => (await acme.Evaluate("checkout", "u1")).At("stale") is null);
        await acme.PatchFlag("checkout", new { state = "off" });
        foreach (var stream in new[] { open, next, resumed })
            Assert.That((await stream.Events(1)).Single().Event, Is.EqualTo("delta"), "It was open all the while.");
    }
}
