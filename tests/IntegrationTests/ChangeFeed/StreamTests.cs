using System.Net;
using System.Text.Json.Nodes;
using FeatureFlags.IntegrationTests.Contracts;
using FeatureFlags.IntegrationTests.Operations;
using FeatureFlags.IntegrationTests.Security;
using FeatureFlags.Testing;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.IntegrationTests.ChangeFeed;

/// <summary>The event stream of the whole service, over HTTP.</summary>
internal sealed class StreamTests
{
    [Test]
    public async Task Nothing_on_the_way_may_keep_or_collect_it()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        await using var stream = await acme.Events();

        var headers = stream.Response.Headers;
        Assert.That(stream.Response.Content.Headers.ContentType?.ToString(), Is.EqualTo("text/event-stream"));
        Assert.That(headers.CacheControl?.ToString(), Is.EqualTo("no-cache"));
        Assert.That(headers.GetValues("X-Accel-Buffering"), Is.EqualTo(new[] { "no" }));
        Assert.That((await stream.Next())?.Id, Is.EqualTo("0"), "The first bytes don't wait for an event.");
    }

    [Test]
    public async Task The_limit_of_requests_in_time_is_not_for_streams()
    {
        var service = await Service.On(Engine.Sqlite);
        var endpoints = service.Services.GetRequiredService<EndpointDataSource>().Endpoints;

        var stream = endpoints.OfType<RouteEndpoint>().Single(e => e.RoutePattern.RawText == "/v1/events");

        Assert.That(stream.Metadata.GetMetadata<DisableRequestTimeoutAttribute>(), Is.Not.Null);
    }

    [Test]
    public async Task The_envelope_is_as_agreed([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await Contract.Tenant(service, "contract-envelope");
        await acme.PostFlag("""{"key":"f","variants":[{"key":"v","weight":1}],"metadata":{"note":"two\nlines"}}""");
        await acme.PatchFlag("f", """{"state":"on"}""");
        await acme.DeleteFlag("f");

        await using var stream = await acme.Events("?after=0");

        var contract = new Contract();
        foreach (var next in await stream.Events(3))
            contract.Add($"{next.Id} {next.Event}", JsonNode.Parse(next.Data!)!);
        await contract.Verify();
    }

    [Test]
    public async Task Each_tenant_and_environment_hears_of_its_own_changes_only([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        var staging = acme.In("staging");
        var globex = await service.Tenant("globex");
        TenantClient[] all = [acme, staging, globex];
        var streams = new List<EventReader>();
        foreach (var client in all)
            streams.Add(await client.Events());

        for (var i = 0; i < 5; i++)
        {
            foreach (var (client, name) in all.Zip(["acme", "staging", "globex"]))
                await client.PostFlag(Sample.Flag($"{name}-{i}"));
        }

        foreach (var (stream, name) in streams.Zip(["acme", "staging", "globex"]))
        {
            var heard = (await stream.Events(5)).Select(e =>
                e.Envelope.GetProperty("data").GetProperty("key").GetString()
            );
            Assert.That(heard, Is.EqualTo(Enumerable.Range(0, 5).Select(i => $"{name}-{i}")));
            await stream.DisposeAsync();
        }
    }

    [Test]
    public async Task A_stream_ends_when_its_token_does()
    {
        var service = await Service.On(Engine.Sqlite);
        var token = Jwt.Valid(TimeProvider.System)
            .With("scopes", new[] { "events:r" })
            .With("exp", TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 2);
        var client = new TenantClient(service, "acme", "production", token.Signed());

        // The second time the token is one that is known.
        await using var stream = await client.Events();
        await using var another = await client.Events();

        Assert.That(await stream.Ends());
        Assert.That(await another.Ends());
        Assert.That((await client.Get("/v1/events")).Status, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task A_tenant_has_so_many_streams_and_no_more_until_one_ends()
    {
        await using var service = await Service.Start(Engine.Sqlite, new() { ["STREAMS_PER_TENANT"] = "2" });
        var acme = await service.Tenant("acme");
        var first = await acme.Events();
        await using var second = await acme.In("staging").Events();

        var refused = await acme.Get("/v1/events");

        Assert.That(refused.Status, Is.EqualTo(HttpStatusCode.TooManyRequests), refused.ToString());
        Assert.That(refused.Headers.RetryAfter?.Delta, Is.GreaterThan(TimeSpan.Zero));
        await using (var other = await (await service.Tenant("globex")).Events())
            Assert.That(other.Response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await first.DisposeAsync();
        await Eventually.Holds(async () =>
        {
            await using var again = await acme.Events();
            return again.Response.StatusCode == HttpStatusCode.OK;
        });
    }

    [TestCase("?types=flag.stolen", "types")]
    [TestCase("?types=flag.created&types=flag.updated", "types")]
    [TestCase("?types=flag.created,", "types")]
    public async Task A_filter_that_means_nothing_is_refused(string query, string field)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        var answer = await acme.Get($"/v1/events{query}");

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest), answer.ToString());
        Assert.That(answer.WrongFields, Is.EqualTo(new[] { field }));
    }

    [Test]
    public async Task Open_streams_end_well_when_the_host_stops_and_do_not_hold_it_up([Values] Engine engine)
    {
        await using var installation = await Installation.On(engine);
        var host = await installation.Run();
        var acme = await host.Tenant("acme");
        await using var one = await acme.Events();
        await using var other = await acme.Events("?after=0&types=flag.created");
        var begin = TimeProvider.System.GetTimestamp();

        host.Terminate();

        Assert.That(await one.Ends());
        Assert.That(await other.Ends());
        Assert.That(await host.ExitCode(), Is.Zero);
        // Left to themselves they would be waited for until the server's own limit.
        Assert.That(TimeProvider.System.GetElapsedTime(begin), Is.LessThan(TimeSpan.FromSeconds(15)));
        Assert.That(host.Errors, Is.Empty);
    }
}
