using System.Collections.Concurrent;
using System.Net;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Streaming;
using FeatureFlags.ChangeFeed.Streaming;
using FeatureFlags.IntegrationTests.Outbox;
using FeatureFlags.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.IntegrationTests.ChangeFeed;

[TestFixture(Engine.Sqlite)]
[TestFixture(Engine.Postgres)]
internal sealed class FeedTests(Engine engine) : OutboxFixture(engine)
{
    [Test]
    public async Task Without_a_cursor_a_client_hears_what_happens_from_now_on()
    {
        var node = await RunningNode();
        await node.Switch(true, "hall");
        await using var client = await EventReader.Open(node.Http());

        Assert.That(await client.Next(), Is.EqualTo(new Block("1", null, null)), "first bytes at once");
        await node.Switch(false, "hall");

        var next = (await client.Events(1)).Single();
        Assert.That((next.Id, next.Event), Is.EqualTo(("2", "lamp.switched")));
        Assert.That(next.Envelope.GetProperty("revision").GetInt64(), Is.EqualTo(2));
        Assert.That(next.Envelope.GetProperty("data").GetProperty("before").GetProperty("on").GetBoolean(), Is.True);
        Assert.That(next.Envelope.GetProperty("data").GetProperty("after").GetProperty("on").GetBoolean(), Is.False);
    }

    [Test]
    public async Task With_a_cursor_a_client_hears_exactly_what_it_missed_and_then_what_happens(
        [Values(0, 1, 100, 101, 250)] int cursor
    )
    {
        var node = await RunningNode();
        await node.Switch(true, Lamps(250));

        await using var client = await EventReader.Open(node.Http(), $"?after={cursor}");

        Assert.That(
            Revisions(await client.Events(250 - cursor)),
            Is.EqualTo(Enumerable.Range(cursor + 1, 250 - cursor))
        );
        await node.Switch(false, "lamp-0", "lamp-1");
        Assert.That(Revisions(await client.Events(2)), Is.EqualTo(new[] { 251, 252 }));
    }

    [Test]
    public async Task A_browser_that_comes_back_sends_both_cursors_and_the_header_counts()
    {
        var node = await RunningNode();
        await node.Switch(true, Lamps(5));

        await using var client = await EventReader.Open(node.Http(), "?after=1", lastEventId: "3");

        Assert.That(Revisions(await client.Events(2)), Is.EqualTo(new[] { 4, 5 }));
    }

    [TestCase("4", "ahead")]
    [TestCase("9223372036854775807", "ahead")]
    [TestCase("9223372036854775808", "no number of 64 bits")]
    [TestCase("-1", "garbage")]
    [TestCase("1.0", "garbage")]
    [TestCase("2 ", "garbage")]
    [TestCase("01JAB3ZK7MQ8V5T2N4X6C9D1EF", "another kind of id")]
    [TestCase("1", "deleted")]
    public async Task A_cursor_that_leads_nowhere_gets_a_reset_and_then_what_happens(string cursor, string why)
    {
        var node = await RunningNode(("Outbox:Retention", "1.00:00:00"));
        await node.Switch(true, Lamps(2));
        await Eventually.Holds(async () => await node.Open() == 0);
        node.Clock.Ahead = TimeSpan.FromDays(2);
        await node.Hosted<OutboxRetention>().Sweep(CancellationToken.None);
        await node.Switch(true, "hall");
        Assert.That((await node.Head()).MinRevision, Is.EqualTo(2));

        await using var client = await EventReader.Open(node.Http(), $"?after={Uri.EscapeDataString(cursor)}");
        await node.Switch(false, "hall");

        var heard = await client.Events(2);
        Assert.That(heard[0], Is.EqualTo(new Block("3", "reset", "3")), why);
        Assert.That((heard[1].Id, heard[1].Event), Is.EqualTo(("4", "lamp.switched")));
    }

    [Test]
    public async Task The_oldest_cursor_that_is_still_good_is_the_last_deleted_revision()
    {
        var node = await RunningNode(("Outbox:Retention", "1.00:00:00"));
        await node.Switch(true, Lamps(2));
        await Eventually.Holds(async () => await node.Open() == 0);
        node.Clock.Ahead = TimeSpan.FromDays(2);
        await node.Hosted<OutboxRetention>().Sweep(CancellationToken.None);
        await node.Switch(true, "hall");

        await using var client = await EventReader.Open(node.Http(), "?after=2");

        Assert.That(Revisions(await client.Events(1)), Is.EqualTo(new[] { 3 }));
    }

    [Test]
    public async Task A_client_hears_of_the_types_it_asked_for_and_its_cursor_moves_on_with_the_others()
    {
        var node = await RunningNode();
        await node.Switch(true, Lamps(3));

        await using var other = await EventReader.Open(node.Http(), "?after=0&types=dead_letter.retried");
        await using var both = await EventReader.Open(node.Http(), "?after=0&types=dead_letter.retried,lamp.switched");

        Assert.That(await other.UpToHeartbeat(), Is.EqualTo(new[] { new Block("3", null, null) }));
        Assert.That(Revisions(await both.Events(3)), Is.EqualTo(new[] { 1, 2, 3 }));
        await node.Switch(false, "lamp-0");
        Assert.That(Revisions(await both.Events(1)), Is.EqualTo(new[] { 4 }));
        await Eventually.Holds(() => node.Clock.Pass(StreamConnection.HeartbeatEvery) == 2);
        Assert.That(await other.Next(), Is.EqualTo(new Block("4", null, null)));
    }

    [Test]
    public async Task Every_15_seconds_a_heartbeat_tells_the_cursor_and_that_the_key_is_in_use()
    {
        var node = await RunningNode();
        await node.Switch(true, "hall");
        await using var client = await EventReader.Open(node.Http());
        await client.Next();
        var uses = node.KeyUses;

        for (var i = 0; i < 3; i++)
        {
            await Eventually.Holds(() => node.Clock.Pass(TimeSpan.FromSeconds(15)) == 1);
            Assert.That(await client.Next(), Is.EqualTo(new Block("1", null, null)));
            Assert.That(node.KeyUses, Is.EqualTo(uses + i + 1));
        }
    }

    [Test]
    public async Task A_stream_ends_when_the_key_of_its_client_is_revoked()
    {
        var node = await RunningNode();
        await using var client = await EventReader.Open(node.Http());
        await client.UpToHeartbeat();

        await node.Revocation.CancelAsync();

        Assert.That(await client.Ends());
    }

    [Test]
    public async Task A_client_that_takes_nothing_is_dropped_and_the_others_hear_everything()
    {
        var node = await RunningNode();
        await using var deaf = await EventReader.Open(node.Http());
        await using var client = await EventReader.Open(node.Http());

        await node.Switch(true, Lamps(1_000));

        Assert.That(Revisions(await client.Events(1_000)), Is.EqualTo(Enumerable.Range(1, 1_000)));
        // The one whose bytes nobody takes is the only one that waits for its client.
        await Eventually.Holds(() => node.Clock.Waiting(PatientWriting.Patience) == 1);
        node.Clock.Pass(PatientWriting.Patience);
        Assert.That(async () => await deaf.Events(1_000), Throws.InstanceOf<Exception>(), "cut off");
        await node.Switch(false, "lamp-7");
        Assert.That(Revisions(await client.Events(1)), Is.EqualTo(new[] { 1_001 }));
    }

    [Test]
    public async Task A_client_that_pauses_through_a_burst_still_hears_everything_once()
    {
        var node = await RunningNode();
        await using var client = await EventReader.Open(node.Http());
        await node.Switch(true, Lamps(1_000));
        await node.Switch(false, Lamps(10));

        Assert.That(Revisions(await client.Events(1_010)), Is.EqualTo(Enumerable.Range(1, 1_010)));
    }

    [Test]
    public async Task A_restored_backup_resets_the_streams_that_were_open()
    {
        var node = await RunningNode();
        await node.Switch(true, Lamps(3));
        await using var client = await EventReader.Open(node.Http());
        await client.UpToHeartbeat();

        // What the runbook tells to do, and what a restore without it looks like.
        await Sql(node, "UPDATE outbox_revisions SET revision = revision + 1000, min_revision = revision + 1000");
        Assert.That((await client.Events(1)).Single(), Is.EqualTo(new Block("1003", "reset", "1003")));
        await node.Switch(false, "lamp-0");
        Assert.That(Revisions(await client.Events(1)), Is.EqualTo(new[] { 1004 }));
        await Sql(node, "UPDATE outbox_revisions SET revision = 2, min_revision = 0, head_event_id = 'another'");

        Assert.That((await client.Events(1)).Single(), Is.EqualTo(new Block("2", "reset", "2")));
    }

    [Test]
    public async Task Another_history_under_the_same_revisions_resets_the_streams_that_were_open()
    {
        var node = await RunningNode();
        await node.Switch(true, Lamps(3));
        await using var client = await EventReader.Open(node.Http());
        await client.UpToHeartbeat();

        await Sql(node, "UPDATE outbox_messages SET event_id = 'another' WHERE revision = 3");
        await node.Switch(false, "lamp-0");

        Assert.That((await client.Events(1)).Single(), Is.EqualTo(new Block("4", "reset", "4")));
    }

    [Test]
    public async Task A_type_that_nobody_raises_is_refused()
    {
        var node = await RunningNode();

        Assert.That(
            async () => await node.Http().GetAsync("/v1/events?types=lamp.switched,lamp.stolen"),
            Throws
                .InstanceOf<FeatureFlags.BuildingBlocks.BadRequestException>()
                .With.Property("Status")
                .EqualTo((int)HttpStatusCode.BadRequest)
        );
    }

    [Test]
    public async Task Reading_the_log_goes_by_the_index()
    {
        var node = await IdleNode();
        await node.Switch(true, Lamps(300));
        var log = node.Services.GetRequiredService<EventLog>();

        var plans = await node.PlansFor(
            "outbox_messages",
            _ => log.After(new ScopeHead(Node.Acme, 150, ""), CancellationToken.None)
        );

        Assert.That(
            plans.Single(),
            Does.Match("SEARCH o USING INDEX .*revision>")
                .Or.Match("Index Scan using pk_outbox_messages .*\n.*Index Cond: .*revision >= ")
        );
        Assert.That(plans.Single(), Does.Not.Match("Seq Scan|Sort Key|TEMP B-TREE|SCAN "));
    }

    [Test]
    public async Task Whoever_comes_goes_and_comes_back_while_others_write_misses_nothing()
    {
        const int writers = 8;
        const int clients = 20;
        const int writes = 30;
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var node = await RunningNode();
        await node.Switch(true, "hall");
        var heard = new ConcurrentBag<List<long>>();

        var writing = Task.WhenAll(
            Enumerable.Range(0, writers).Select(i => Task.Run(() => node.Toggle($"lamp-{i}", writes)))
        );
        await Task.WhenAll(Enumerable.Range(0, clients).Select(i => Task.Run(() => ComeAndGo(new Random(seed + i)))));
        await writing;

        Assert.That(heard, Has.Count.EqualTo(clients));
        foreach (var revisions in heard)
            Assert.That(revisions, Is.EqualTo(Enumerable.Range(2, writers * writes)));

        async Task ComeAndGo(Random random)
        {
            var mine = new List<long>();
            var cursor = 1L;
            while (mine.Count < writers * writes)
            {
                await using var stream = await EventReader.Open(node.Http(), "", $"{cursor}");
                for (var left = random.Next(1, 40); left > 0 && mine.Count < writers * writes; left--)
                {
                    var next = (await stream.Next())!;
                    cursor = next.Revision;
                    if (!next.IsHeartbeat)
                        mine.Add(cursor);
                }
            }
            heard.Add(mine);
        }
    }

    private static IEnumerable<long> Revisions(IEnumerable<Block> events) => events.Select(e => e.Revision);

    private static string[] Lamps(int count) => [.. Enumerable.Range(0, count).Select(i => $"lamp-{i}")];

    private static Task<int> Sql(Node node, string sql) => node.InScope(db => db.Database.ExecuteSqlRawAsync(sql));
}
