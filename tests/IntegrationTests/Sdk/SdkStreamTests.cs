using System.Net;
using FeatureFlags.BuildingBlocks.Streaming;
using FeatureFlags.Evaluation.Features;
using FeatureFlags.IntegrationTests.ChangeFeed;
using FeatureFlags.IntegrationTests.Operations;
using FeatureFlags.IntegrationTests.Outbox;
using FeatureFlags.IntegrationTests.Security;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Sdk;

internal sealed class SdkStreamTests
{
    [Test]
    public async Task It_begins_with_the_rules_as_they_are_and_goes_on_with_what_changes([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        // More than goes out in one piece.
        for (var i = 0; i < 100; i++)
        {
            var filled = Sample.Flag($"flag-{i}");
            filled["description"] = new string('x', 1_000);
            await acme.PostFlag(filled);
        }

        await using var stream = await acme.SdkStream();

        var snapshot = (await stream.Events(1)).Single();
        Assert.That((snapshot.Event, snapshot.Data), Is.EqualTo(("snapshot", (await acme.SdkRules()).Text)));
        await acme.PatchFlag("flag-7", new { state = "off" });
        var delta = (await stream.Events(1)).Single();
        Assert.That(delta.Event, Is.EqualTo("delta"));
        Assert.That(delta.Envelope.GetProperty("from").GetString(), Is.EqualTo(snapshot.Id));
        var flag = delta.Envelope.GetProperty("flags").EnumerateArray().Single();
        Assert.That(flag.GetProperty("key").GetString(), Is.EqualTo("flag-7"));
        Assert.That(flag.GetProperty("state").GetString(), Is.EqualTo("off"));
        Assert.That(delta.Envelope.GetProperty("segments").GetArrayLength(), Is.Zero);
    }

    [Test]
    public async Task The_first_write_to_an_environment_reaches_who_waited_for_it([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await using var stream = await acme.SdkStream();
        var replica = new SdkReplica();
        await replica.Hear(stream);
        Assert.That(replica.Cursor, Is.EqualTo("0."));

        await acme.PostFlag(Sample.Flag("checkout"));
        await replica.Hear(stream);

        Assert.That(replica.Rules, Is.EqualTo(SdkReplica.Of(await acme.SdkRules()).Rules));
        Assert.That(replica.Rules, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Of_a_long_list_it_tells_all_ids_as_they_are_after_each_change([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostSegment(new { key = "insiders" });
        await Change(add: [.. Enumerable.Range(0, 1_010).Select(i => $"user-{i}")], remove: []);
        await using var stream = await acme.SdkStream();
        await stream.Events(1);

        await Change(add: ["late"], remove: ["user-7"]);

        var segment = (await stream.Events(1)).Single().Envelope.GetProperty("segments")[0];
        var included = segment.GetProperty("included").EnumerateArray().Select(id => id.GetString()).ToHashSet();
        Assert.That(included, Has.Count.EqualTo(1_010));
        Assert.That(included, Does.Contain("late").And.Contain("user-8").And.Not.Contain("user-7"));

        async Task Change(string[] add, string[] remove)
        {
            var change = new
            {
                list = "included",
                add,
                remove,
            };
            var answer = await acme.Send(HttpMethod.Patch, "/v1/segments/insiders/members", change);
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.ToString());
        }
    }

    [Test]
    public async Task A_change_of_something_else_moves_the_cursor_and_nothing_more([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await using var stream = await acme.SdkStream();
        var replica = new SdkReplica();
        await replica.Hear(stream);
        var before = replica.Rules;

        await acme.Send(HttpMethod.Post, "/v1/webhooks", new { url = "https://example.invalid", active = false });
        await replica.Hear(stream);

        Assert.That(replica.Cursor, Does.StartWith("2."));
        Assert.That(replica.Rules, Is.EqualTo(before));
    }

    [Test]
    public async Task Who_comes_back_and_missed_nothing_hears_so_at_once([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        var cursor = SdkReplica.Of(await acme.SdkRules()).Cursor!;

        await using var stream = await acme.SdkStream(cursor);

        Assert.That(await stream.Next(), Is.EqualTo(new Block(cursor, null, null)));
    }

    [Test]
    public async Task Who_comes_back_gets_all_that_it_missed_in_one_delta([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("gone"));
        var cursor = SdkReplica.Of(await acme.SdkRules()).Cursor!;
        await acme.PostFlag(Sample.Flag("checkout"));
        await acme.PatchFlag("checkout", new { state = "off" });
        await acme.PostSegment(new { key = "beta" });
        await acme.DeleteFlag("gone");

        await using var stream = await acme.SdkStream(cursor);

        var delta = (await stream.Events(1)).Single();
        Assert.That((delta.Event, delta.Id), Is.EqualTo(("delta", (await acme.SdkRules()).ETag!.Trim('"'))));
        Assert.That(Keys("flags"), Is.EqualTo(new[] { "checkout" }));
        Assert.That(Keys("segments"), Is.EqualTo(new[] { "beta" }));
        Assert.That(delta.Envelope.GetProperty("removed_flags").ToString(), Is.EqualTo("""["gone"]"""));

        IEnumerable<string?> Keys(string what) =>
            delta.Envelope.GetProperty(what).EnumerateArray().Select(entity => entity.GetProperty("key").GetString());
    }

    [TestCase("garbage")]
    [TestCase("1")]
    [TestCase("1.")]
    [TestCase("1.01JAB3ZK7MQ8V5T2N4X6C9D1EF")]
    [TestCase("-1.01JAB3ZK7MQ8V5T2N4X6C9D1EF")]
    [TestCase("99.01JAB3ZK7MQ8V5T2N4X6C9D1EF")]
    [TestCase("99999999999999999999.01JAB3ZK7MQ8V5T2N4X6C9D1EF")]
    [TestCase("0.")]
    public async Task A_cursor_that_leads_nowhere_gets_a_snapshot(string cursor)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await acme.PostFlag(Sample.Flag("search"));

        await using var stream = await acme.SdkStream(cursor);

        var first = (await stream.Events(1)).Single();
        Assert.That((first.Event, first.Data), Is.EqualTo(("snapshot", (await acme.SdkRules()).Text)));
    }

    [Test]
    public async Task Another_environments_cursor_gets_a_snapshot([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        var staging = acme.In("staging");
        await acme.PostFlag(Sample.Flag("checkout"));
        await staging.PostFlag(Sample.Flag("only-in-staging"));
        var cursor = SdkReplica.Of(await staging.SdkRules()).Cursor;

        await using var stream = await acme.SdkStream(cursor);

        var first = (await stream.Events(1)).Single();
        Assert.That((first.Event, first.Data), Is.EqualTo(("snapshot", (await acme.SdkRules()).Text)));
    }

    [Test]
    public async Task A_cursor_from_before_what_is_kept_gets_a_snapshot([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        var cursor = SdkReplica.Of(await acme.SdkRules()).Cursor;
        await acme.PatchFlag("checkout", new { state = "off" });
        await Sql(service, $"UPDATE outbox_revisions SET min_revision = 2 WHERE tenant = '{acme.Tenant}'");

        await using var stream = await acme.SdkStream(cursor);

        Assert.That((await stream.Events(1)).Single().Event, Is.EqualTo("snapshot"));
    }

    [Test]
    public async Task Another_history_under_the_same_revision_is_a_snapshot_for_everyone([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await using var stream = await acme.SdkStream();
        var replica = new SdkReplica();
        await replica.Hear(stream);
        var cursor = replica.Cursor!;

        // What a restored backup looks like that was written to since.
        await Sql(
            service,
            $"""
            UPDATE outbox_messages SET event_id = 'another{acme.Tenant}' WHERE tenant = '{acme.Tenant}';
            UPDATE outbox_revisions SET head_event_id = 'another{acme.Tenant}' WHERE tenant = '{acme.Tenant}'
            """
        );

        Assert.That(await replica.Hear(stream), Is.EqualTo("snapshot"));
        Assert.That(replica.Cursor, Is.EqualTo($"1.another{acme.Tenant}"));
        await using var resumed = await acme.SdkStream(cursor);
        Assert.That((await resumed.Events(1)).Single().Event, Is.EqualTo("snapshot"));
    }

    [Test]
    public async Task Each_tenant_and_environment_hears_of_its_own_rules_only([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        TenantClient[] clients = [acme, acme.In("staging"), await service.Tenant("globex")];
        var streams = new List<EventReader>();
        foreach (var client in clients)
            streams.Add(await client.SdkStream());
        var replicas = clients.Select(_ => new SdkReplica()).ToList();
        for (var i = 0; i < clients.Length; i++)
            await replicas[i].Hear(streams[i]);

        for (var turn = 1; turn <= 3; turn++)
        {
            for (var i = 0; i < clients.Length; i++)
                await clients[i].PostFlag(Sample.Flag($"{i}-{turn}"));
            for (var i = 0; i < clients.Length; i++)
            {
                await replicas[i].Hear(streams[i]);
                Assert.That(replicas[i].Cursor, Does.StartWith($"{turn}."));
                Assert.That(replicas[i].Rules, Has.Count.EqualTo(turn).And.All.Contains($"\"key\":\"{i}-"));
            }
        }
        foreach (var stream in streams)
            await stream.DisposeAsync();
    }

    [Test]
    public async Task A_server_key_alone_follows_until_it_is_revoked_and_a_clients_key_never_does(
        [Values] Engine engine
    )
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        var server = await acme.ServerKey(service.Http);
        var client = await acme.ClientKey(service.Http);
        await using var stream = await Open(server);
        var replica = new SdkReplica();
        await replica.Hear(stream);

        await acme.PostFlag(Sample.Flag("checkout"));
        await replica.Hear(stream);
        Assert.That(replica.Rules, Has.Count.EqualTo(1));
        await acme.RevokeKey(server);

        // It may still hear that something else changed: its key.
        while (await stream.Next() is { } last)
            Assert.That(last.Event, Is.Null.Or.EqualTo("delta"));
        await using var again = await Open(server);
        await using var never = await Open(client);
        Assert.That(again.Response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(never.Response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));

        Task<EventReader> Open(KeyHolder key)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/v1/sdk/stream");
            request.Headers.Add("X-API-Key", key.Key);
            return EventReader.Open(service.Http, request);
        }
    }

    [Test]
    public async Task An_SDK_that_follows_through_many_changes_always_has_the_rules([Values] Engine engine)
    {
        const int changes = 300;
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var acme = await (await Service.On(engine)).Tenant("acme");
        var stream = await acme.SdkStream();
        var replica = new SdkReplica();

        for (var change = 0; change < changes; change++)
        {
            await ChangeSomething(acme, random, change);
            // Now and then it is away for a while, and once in many times forgets where it was.
            if (random.Next(5) == 0)
                continue;
            if (random.Next(10) == 0)
            {
                await stream.DisposeAsync();
                await ChangeSomething(acme, random, change);
                stream = await acme.SdkStream(random.Next(4) == 0 ? null : replica.Cursor);
            }

            var fresh = SdkReplica.Of(await acme.SdkRules());
            await replica.HearUpTo(stream, fresh.Cursor!);
            Assert.That(replica.Rules, Is.EqualTo(fresh.Rules), $"change {change}");
        }
        Assert.That(replica.Rules, Is.Not.Empty, "The test proves nothing.");
        await stream.DisposeAsync();
    }

    [Test]
    public async Task A_change_at_one_host_is_told_at_the_other_within_a_second([Values] bool notify)
    {
        var settings = new Dictionary<string, string> { ["Outbox:Notify"] = $"{notify}" };
        await using var one = await Service.Start(Engine.Postgres, settings);
        await using var other = await Service.Start(Engine.Postgres, settings, one.Dsn);
        var here = await one.Tenant("acme");
        await here.PostFlag(Sample.Flag("checkout"));
        await using var stream = await here.At(other.Http).SdkStream();
        var replica = new SdkReplica();
        await replica.Hear(stream);
        var fastest = TimeSpan.MaxValue;

        // A machine that has other things to do may be late once, but not always.
        for (var version = 2; version < 12 && fastest > TimeSpan.FromSeconds(1); version++)
        {
            await here.PatchFlag("checkout", new { description = $"{version}" });
            var begin = TimeProvider.System.GetTimestamp();
            await replica.Hear(stream);
            var took = TimeProvider.System.GetElapsedTime(begin);
            fastest = took < fastest ? took : fastest;
            Assert.That(replica.Rules.Single(), Does.Contain($"\"version\":{version}"));
        }

        Assert.That(fastest, Is.LessThan(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public async Task Changes_that_come_fast_are_told_together_and_the_last_one_always()
    {
        var clock = new ShiftedClock { Held = StreamSdkRules.ShortestGap };
        await using var service = await Service.Start(Engine.Sqlite, clock: clock);
        var acme = await service.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await using var stream = await acme.SdkStream();
        var replica = new SdkReplica();
        await replica.Hear(stream);

        for (var version = 2; version <= 20; version++)
            await acme.PatchFlag("checkout", new { description = $"{version}" });
        await Eventually.Holds(() => clock.Pass(StreamConnection.HeartbeatEvery) == 1);

        Assert.That(await replica.Hear(stream), Is.Null, "Meanwhile the client knows that the stream lives.");
        await Eventually.Holds(() => clock.Pass(StreamSdkRules.ShortestGap) == 1);
        Assert.That(await replica.Hear(stream), Is.EqualTo("delta"));
        Assert.That(replica.Cursor, Does.StartWith("20."));

        await Eventually.Holds(() => clock.Pass(StreamSdkRules.ShortestGap) == 1);
        await acme.PatchFlag("checkout", new { description = "at once" });
        await replica.Hear(stream);
        Assert.That(replica.Cursor, Does.StartWith("21."));
    }

    [TestCase(100, 0.1)]
    [TestCase(1_000_000, 0.1)]
    [TestCase(20_000_000, 2)]
    public void The_more_a_client_was_sent_the_longer_it_is_left_alone(int bytes, double seconds) =>
        Assert.That(StreamSdkRules.GapAfter(bytes), Is.EqualTo(TimeSpan.FromSeconds(seconds)));

    [Test]
    public async Task Who_comes_during_an_outage_has_the_newest_rules_soon_after_it_though_nobody_writes()
    {
        await using var cluster = PostgresCluster.LaunchDurable();
        await using var installation = Installation.On(await cluster.CreateDatabase());
        var host = await installation.Run();
        var acme = await host.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await acme.SdkRules();
        // In memory, but nobody has asked for what SDKs are told of it.
        await acme.PatchFlag("checkout", new { state = "off" });
        cluster.StopImmediate();
        await Eventually.Holds(async () => (await acme.Evaluate("checkout", "u1")).At("stale") == "True");

        var replica = new SdkReplica();
        await using (var during = await acme.SdkStream())
        {
            await replica.Hear(during);
            Assert.That(replica.Cursor, Does.StartWith("1."), "The test proves nothing.");
            Assert.That(await during.Ends(), "Nothing would bring the rest over this stream.");
        }
        cluster.Start();

        await Eventually.Holds(async () =>
        {
            await using var again = await acme.SdkStream(replica.Cursor);
            if (again.Response.StatusCode == HttpStatusCode.OK)
                await replica.Hear(again);
            return replica.Cursor!.StartsWith("2.", StringComparison.Ordinal);
        });
        Assert.That(replica.Rules.Single(), Does.Contain("\"state\":\"off\""));
    }

    [Test]
    public async Task A_starting_host_lets_a_stream_wait_for_a_while()
    {
        await using var cluster = PostgresCluster.Launch();
        await using var installation = Installation
            .On(await cluster.CreateDatabase())
            .With("JWT_SECRET", Service.JwtSecret);
        var first = await installation.Run();
        var acme = await first.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await first.Kill();
        cluster.StopImmediate();
        var host = await installation.Start(("DATA_DIR", $"{installation.Folder}-2")).Answering();
        acme = acme.At(host.Http);
        var begin = TimeProvider.System.GetTimestamp();

        await using (var refused = await acme.SdkStream())
            Assert.That(refused.Response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));

        Assert.That(TimeProvider.System.GetElapsedTime(begin), Is.GreaterThan(TimeSpan.FromSeconds(4)));
        cluster.Start();
        await Eventually.Holds(async () =>
        {
            await using var stream = await acme.SdkStream();
            return stream.Response.StatusCode == HttpStatusCode.OK;
        });
    }

    [Test]
    public async Task Streams_to_servers_share_a_tenants_places()
    {
        await using var service = await Service.Start(Engine.Sqlite, new() { ["STREAMS_PER_TENANT"] = "2" });
        var acme = await service.Tenant("acme");
        await using var events = await acme.Events();
        await using var rules = await acme.SdkStream();

        await using var refused = await acme.SdkStream();

        Assert.That(refused.Response.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        var metrics = await service.Http.GetStringAsync("/metrics");
        Assert.That(metrics, Does.Contain("event_streams_open{stream=\"sdk\"} "));
    }

    private static async Task ChangeSomething(TenantClient tenant, Random random, int change)
    {
        var flag = $"flag-{random.Next(8)}";
        var segment = $"segment-{random.Next(4)}";
        var user = $"user-{random.Next(20)}";
        var answer = random.Next(8) switch
        {
            0 => await tenant.DeleteFlag(flag),
            1 => await tenant.Send(HttpMethod.Delete, $"/v1/segments/{segment}"),
            2 => await tenant.PostSegment(new { key = segment, included = new[] { user, "ada" } }),
            3 or 4 => await tenant.Send(
                HttpMethod.Patch,
                $"/v1/segments/{segment}/members",
                new
                {
                    list = "included",
                    add = new[] { user },
                    remove = new[] { $"{user}0", "ada" },
                }
            ),
            5 => await tenant.PostFlag(Sample.Flag(flag, Sample.Rule("r", new { segment }))),
            _ => await tenant.PostFlag(Sample.Flag(flag, Sample.Rule("r", new { percentage = change % 100 }))),
        };
        // Deleting what is not there, or what something else needs, changes nothing.
        Assert.That(
            answer.Status,
            Is.AnyOf(
                HttpStatusCode.OK,
                HttpStatusCode.Created,
                HttpStatusCode.NoContent,
                HttpStatusCode.NotFound,
                HttpStatusCode.Conflict,
                HttpStatusCode.UnprocessableEntity
            ),
            answer.ToString()
        );
    }

    private static async Task Sql(Service service, string sql)
    {
        await using var connection = service.Connect();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
