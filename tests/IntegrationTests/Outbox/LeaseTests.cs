using System.Collections.Concurrent;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.IntegrationTests.Outbox;

[TestFixture(Engine.Sqlite)]
[TestFixture(Engine.Postgres)]
internal sealed class LeaseTests(Engine engine) : OutboxFixture(engine)
{
    [Test]
    public async Task Work_that_a_crash_left_behind_resumes_when_its_lease_is_over()
    {
        var node = await IdleNode();
        await node.Switch(true, "desk");
        var crashed = await Claim(node, Ledger.Name, lease: TimeSpan.FromMilliseconds(500));

        await node.Start();

        await Eventually.Holds(async () => await node.Open(Mailer.Name) == 0);
        Assert.That(await node.NotedBy(Ledger.Name), Is.Empty, "while the lease lasts");
        await Eventually.Holds(async () => await node.Open() == 0);
        Assert.That(crashed, Is.EqualTo(new[] { 1 }));
        Assert.That(await node.NotedBy(Ledger.Name), Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public async Task A_worker_whose_delivery_was_taken_over_leaves_nothing_behind()
    {
        var node = await IdleNode();
        await node.Switch(true, "desk");
        var (began, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var calls = 0;
        node.Subscribers[Ledger.Name] = (_, _) =>
        {
            if (Interlocked.Increment(ref calls) > 1)
                return Task.CompletedTask;
            began.SetResult();
            return goOn.Task;
        };
        await node.Start();
        await began.Task;

        await node.InScope(db =>
            db.Set<OutboxDelivery>()
                .Where(d => d.Subscriber == Ledger.Name)
                .ExecuteUpdateAsync(d => d.SetProperty(x => x.LeaseToken, "another worker's"))
        );
        goOn.SetResult();
        await Eventually.Holds(async () => await node.Open(Mailer.Name) == 0);
        Assert.That(await node.NotedBy(Ledger.Name), Is.Empty, "the late worker's note");
        await node.InScope(db =>
            db.Set<OutboxDelivery>().ExecuteUpdateAsync(d => d.SetProperty(x => x.LeaseUntil, DateTimeOffset.UnixEpoch))
        );

        await Eventually.Holds(async () => await node.Open() == 0);
        Assert.That(await node.NotedBy(Ledger.Name), Is.EqualTo(new[] { 1 }));
        Assert.That(await node.DeadLetters(), Is.Empty);
    }

    [Test]
    public async Task Work_longer_than_a_lease_keeps_it()
    {
        (string, string) shortLease = ("Outbox:Lease", "00:00:00.600");
        var (one, other) = (await IdleNode(shortLease), await IdleNode(shortLease));
        await one.Switch(true, "desk");
        var calls = 0;
        var done = new TaskCompletionSource();
        foreach (var node in new[] { one, other })
            node.Subscribers[Ledger.Name] = (_, ct) =>
            {
                Interlocked.Increment(ref calls);
                return done.Task.WaitAsync(ct);
            };

        await one.Start();
        await other.Start();
        await Eventually.Holds(async () => await LeaseUntil(one) is not null);
        var first = await LeaseUntil(one);
        await Eventually.Holds(async () => await LeaseUntil(one) > first + TimeSpan.FromMilliseconds(900));
        done.SetResult();

        await Eventually.Holds(async () => await one.Open() == 0);
        Assert.That(calls, Is.EqualTo(1));
    }

    [Test]
    public async Task Two_nodes_at_once_keep_each_entitys_order_and_handle_everything_once()
    {
        var (one, other) = (await RunningNode(), await RunningNode());

        await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? one : other).Toggle($"lamp-{i}", times: 15))
        );

        await Eventually.Holds(async () => await one.Open() == 0, within: TimeSpan.FromSeconds(30));
        var history = await one.InScope(db =>
            db.Set<OutboxMessage>().OrderBy(m => m.Revision).Select(m => new { m.EntityKey, m.Revision }).ToListAsync()
        );
        foreach (var subscriber in new[] { Ledger.Name, Mailer.Name })
        foreach (var lamp in history.GroupBy(m => m.EntityKey))
            Assert.That(
                await one.NotedBy(subscriber, lamp.Key),
                Is.EqualTo(lamp.Select(m => m.Revision)),
                $"{subscriber}, {lamp.Key}"
            );
        Assert.That(await one.DeadLetters(), Is.Empty);
    }

    [Test]
    public async Task Two_nodes_share_what_there_is_to_do()
    {
        var (one, other) = (await IdleNode(), await IdleNode());
        await one.Switch(true, [.. Enumerable.Range(0, 200).Select(i => $"lamp-{i}")]);
        var began = new ConcurrentDictionary<Node, TaskCompletionSource>();
        foreach (var node in new[] { one, other })
            began[node] = new TaskCompletionSource();
        var both = Task.WhenAll(began.Values.Select(b => b.Task));
        foreach (var node in new[] { one, other })
            node.Subscribers[Ledger.Name] = (_, ct) =>
            {
                began[node].TrySetResult();
                return both.WaitAsync(ct);
            };

        await Task.WhenAll(one.Start(), other.Start());

        await Eventually.Holds(async () => await one.Open() == 0, within: TimeSpan.FromSeconds(30));
        Assert.That(await one.NotedBy(Ledger.Name), Is.EquivalentTo(Enumerable.Range(1, 200)));
    }

    [Test]
    public async Task A_node_that_stops_finishes_what_it_has_begun()
    {
        var node = await IdleNode();
        await node.Switch(true, "desk");
        var (began, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        node.Subscribers[Ledger.Name] = (_, ct) =>
        {
            began.SetResult();
            return goOn.Task.WaitAsync(ct);
        };
        await node.Start();
        await began.Task;

        var stopping = node.Stop();
        goOn.SetResult();
        await stopping;

        Assert.That(await node.NotedBy(Ledger.Name), Is.EqualTo(new[] { 1 }));
        Assert.That(await node.Open(Ledger.Name), Is.Zero);
    }

    private static Task<DateTimeOffset?> LeaseUntil(Node node) =>
        node.InScope(db =>
            db.Set<OutboxDelivery>().Where(d => d.Subscriber == Ledger.Name).Select(d => d.LeaseUntil).SingleAsync()
        );

    /// <summary>Takes deliveries as a dispatcher does that then dies.</summary>
    private static Task<List<long>> Claim(Node node, string subscriber, TimeSpan lease) =>
        node.InScope(async db =>
        {
            var claimed = await db.Set<OutboxDelivery>()
                .FromSqlRaw(
                    node.Services.GetRequiredService<OutboxSql>().Claim,
                    "a dead worker's",
                    (long)lease.TotalMilliseconds,
                    subscriber,
                    10
                )
                .IgnoreQueryFilters()
                .AsNoTracking()
                .ToListAsync();
            return claimed.Select(d => d.Revision).ToList();
        });
}
