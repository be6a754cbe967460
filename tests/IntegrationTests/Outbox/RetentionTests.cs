using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.Testing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.IntegrationTests.Outbox;

[TestFixture(Engine.Sqlite)]
[TestFixture(Engine.Postgres)]
internal sealed class RetentionTests(Engine engine) : OutboxFixture(engine)
{
    private static readonly TimeSpan PastRetention = TimeSpan.FromDays(8);

    [Test]
    public async Task What_is_old_and_delivered_is_deleted_and_the_minimum_revision_says_so()
    {
        var node = await RunningNode();
        await node.Toggle("desk", times: 3);
        await Delivered(node);
        node.Clock.Ahead = PastRetention;
        await node.Toggle("hall", times: 2);
        await Delivered(node);

        await Sweep(node);

        Assert.That(await Kept(node), Is.EqualTo(new[] { 4, 5 }));
        Assert.That((await node.Head()).MinRevision, Is.EqualTo(3));
    }

    [Test]
    public async Task What_is_young_is_kept()
    {
        var node = await RunningNode();
        await node.Toggle("desk", times: 3);
        await Delivered(node);
        node.Clock.Ahead = TimeSpan.FromDays(6);

        await Sweep(node);

        Assert.That(await Kept(node), Is.EqualTo(new[] { 1, 2, 3 }));
        Assert.That((await node.Head()).MinRevision, Is.Zero);
    }

    [Test]
    public async Task Nothing_is_deleted_at_or_after_a_change_that_somebody_has_still_to_handle()
    {
        var node = await IdleNode(("Outbox:FirstBackoff", "01:00:00"), ("Outbox:MaxBackoff", "01:00:00"));
        await node.Switch(true, "a", "b", "c", "d");
        node.Subscribers[Mailer.Name] = (message, _) =>
            message.Revision == 3 ? throw new TimeoutException("Not now.") : Task.CompletedTask;
        await node.Start();
        await Eventually.Holds(async () => await node.Open() == 1);
        node.Clock.Ahead = PastRetention;

        await Sweep(node);

        Assert.That(await Kept(node), Is.EqualTo(new[] { 3, 4 }));
        Assert.That((await node.Head()).MinRevision, Is.EqualTo(2));
    }

    [Test]
    public async Task A_dead_letter_holds_retention_until_it_is_discarded()
    {
        var node = await IdleNode();
        await node.Switch(true, "a", "b", "c");
        node.Subscribers[Mailer.Name] = (message, _) =>
            message.Revision == 2 ? throw new UnreadableMessageException("No such form.") : Task.CompletedTask;
        await node.Start();
        await Delivered(node);
        node.Clock.Ahead = PastRetention;
        await Sweep(node);
        Assert.That(await Kept(node), Is.EqualTo(new[] { 2, 3 }));

        await node.Send(new DiscardDeadLetter.Command((await node.DeadLetters()).Single().Id));
        await Delivered(node);
        await Sweep(node);

        Assert.That(await Kept(node), Is.EqualTo(new[] { 4 }), "the discarding itself is young");
        Assert.That((await node.Head()).MinRevision, Is.EqualTo(3));
    }

    [Test]
    public async Task More_than_a_batch_is_deleted_in_one_sweep_and_every_scope_for_itself()
    {
        var globex = new Scope("globex", "production");
        var node = await IdleNode();
        await node.Switch(true, [.. Enumerable.Range(0, OutboxRetention.BatchSize + 1).Select(i => $"lamp-{i}")]);
        await node.Switch(globex, true, "desk");
        await node.InScope(db => db.Set<OutboxDelivery>().ExecuteDeleteAsync());
        node.Clock.Ahead = PastRetention;

        await Sweep(node);

        Assert.That(await Kept(node), Is.Empty);
        Assert.That((await node.Head()).MinRevision, Is.EqualTo(OutboxRetention.BatchSize + 1));
        Assert.That(await Kept(node, globex), Is.EqualTo(new[] { 1 }), "still to be delivered");
    }

    [Test]
    public async Task Revisions_that_a_restore_skipped_do_not_stop_it()
    {
        var node = await RunningNode();
        await node.Switch(true, "desk");
        await Delivered(node);
        await node.InScope(db =>
            db.Set<ScopeRevision>()
                .ExecuteUpdateAsync(r =>
                    r.SetProperty(x => x.Revision, 1_000_000).SetProperty(x => x.MinRevision, 1_000_000)
                )
        );
        await node.Switch(false, "desk");
        await Delivered(node);
        node.Clock.Ahead = PastRetention;

        await Sweep(node);

        Assert.That(await Kept(node), Is.Empty);
        Assert.That((await node.Head()).MinRevision, Is.EqualTo(1_000_001));
    }

    [Test]
    public async Task What_lies_below_a_minimum_that_a_restore_moved_ahead_is_deleted_while_later_ones_stay()
    {
        var node = await RunningNode();
        await node.Switch(true, "desk");
        await Delivered(node);
        await node.InScope(db =>
            db.Set<ScopeRevision>()
                .ExecuteUpdateAsync(r =>
                    r.SetProperty(x => x.Revision, 1_000_000).SetProperty(x => x.MinRevision, 1_000_000)
                )
        );
        node.Clock.Ahead = PastRetention;
        await node.Switch(false, "desk");
        await Delivered(node);

        await Sweep(node);

        Assert.That(await Kept(node), Is.EqualTo(new[] { 1_000_001 }));
        Assert.That((await node.Head()).MinRevision, Is.EqualTo(1_000_000));
    }

    [Test]
    public async Task A_stream_of_writes_and_two_sweepers_leave_no_gap_behind_the_minimum()
    {
        var (one, other) = (await RunningNode(("Outbox:Retention", "00:00:00")), await RunningNode());
        using var written = new CancellationTokenSource();
        var sweeping = new[] { one, one }
            .Select(node =>
                Task.Run(async () =>
                {
                    while (!written.IsCancellationRequested)
                        await Sweep(node);
                })
            )
            .ToList();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => other.Toggle($"lamp-{i}", times: 20)));
        await Delivered(one);
        await written.CancelAsync();
        await Task.WhenAll(sweeping);

        var head = await one.Head();
        Assert.That(await Kept(one), Is.EqualTo(Range(head.MinRevision + 1, head.Revision)));
        Assert.That(await one.NotedBy(Ledger.Name), Has.Count.EqualTo(80));
        Assert.That(await one.DeadLetters(), Is.Empty);
    }

    private static Task Delivered(Node node) =>
        Eventually.Holds(async () => await node.Open() == 0, within: TimeSpan.FromSeconds(30));

    private static Task Sweep(Node node) => node.Hosted<OutboxRetention>().Sweep(CancellationToken.None);

    private static Task<List<long>> Kept(Node node, Scope? scope = null) =>
        node.InScope(
            db => db.Set<OutboxMessage>().OrderBy(m => m.Revision).Select(m => m.Revision).ToListAsync(),
            scope
        );

    private static IEnumerable<long> Range(long from, long to)
    {
        for (var i = from; i <= to; i++)
            yield return i;
    }
}
