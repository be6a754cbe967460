using System.Collections.Concurrent;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.BuildingBlocks.Work;
using FeatureFlags.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.IntegrationTests.Outbox;

[TestFixture(Engine.Sqlite)]
[TestFixture(Engine.Postgres)]
internal sealed class WorkTests(Engine engine) : OutboxFixture(engine)
{
    [Test]
    public async Task What_is_due_is_worked_on_by_one_host_and_then_not_before_a_signal()
    {
        var (one, other) = (await IdleNode(), await IdleNode());
        var polished = new ConcurrentQueue<string>();
        foreach (var node in new[] { one, other })
            node.Subscribers.Polishing = (lease, _) =>
            {
                polished.Enqueue(lease.Id);
                return Task.FromResult(Rest.UntilSignal);
            };
        await Keep(one, "desk", "wall", "door");

        await Task.WhenAll(one.Start(), other.Start());

        await Eventually.Holds(async () => await Free(one, WorkItem.Never) == 3);
        Assert.That(polished, Is.EquivalentTo(["desk", "wall", "door"]));
        await Signal(other, "wall");
        await Eventually.Holds(() => polished.Count == 4);
        Assert.That(polished.Last(), Is.EqualTo("wall"));
    }

    [Test]
    public async Task A_signal_that_comes_during_the_work_is_not_lost()
    {
        var node = await IdleNode();
        await Keep(node, "desk");
        var calls = 0;
        node.Subscribers.Polishing = async (_, _) =>
        {
            if (Interlocked.Increment(ref calls) == 1)
                await Signal(node, "desk");
            return Rest.UntilSignal;
        };

        await node.Start();

        await Eventually.Holds(() => calls == 2);
        await Eventually.Holds(async () => await Free(node, WorkItem.Never) == 1);
    }

    [Test]
    public async Task Whoever_rests_comes_back_and_a_pause_holds_even_against_a_signal()
    {
        var node = await IdleNode();
        await Keep(node, "rests", "pauses");
        var calls = new ConcurrentDictionary<string, int>();
        node.Subscribers.Polishing = (lease, _) =>
        {
            var isFirst = calls.AddOrUpdate(lease.Id, 1, (_, n) => n + 1) == 1;
            var minute = TimeSpan.FromMinutes(1);
            return Task.FromResult(
                !isFirst ? Rest.UntilSignal
                : lease.Id == "rests" ? new Rest(TimeSpan.FromMilliseconds(50))
                : new Rest(minute, minute)
            );
        };
        await node.Start();
        await Eventually.Holds(() => calls.GetValueOrDefault("rests") == 2 && calls.ContainsKey("pauses"));
        await Eventually.Holds(async () => await Free(node) == 2);

        await Signal(node, "pauses", "rests");

        await Eventually.Holds(() => calls["rests"] == 3);
        Assert.That(calls["pauses"], Is.EqualTo(1));
    }

    [Test]
    public async Task Work_that_a_crash_left_behind_resumes_when_its_lease_is_over()
    {
        var node = await IdleNode();
        await Keep(node, "desk");
        var crashed = await node.InScope(db => Claim(node, db, "a dead host's"));
        await Keep(node, "wall");
        var polished = new ConcurrentQueue<string>();
        node.Subscribers.Polishing = (lease, _) =>
        {
            polished.Enqueue(lease.Id);
            return Task.FromResult(Rest.UntilSignal);
        };

        await node.Start();

        Assert.That(crashed.Select(item => item.Id), Is.EqualTo(["desk"]));
        await Eventually.Holds(async () => await Free(node, WorkItem.Never) == 1);
        Assert.That(polished, Is.EqualTo(["wall"]), "while the lease lasts");
        await node.InScope(db => EndLease(db, "desk"));
        await Eventually.Holds(() => polished.Count == 2);
        Assert.That(polished.Last(), Is.EqualTo("desk"));
    }

    [Test]
    public async Task Who_has_lost_the_lease_can_write_nothing_down()
    {
        var node = await IdleNode();
        await Keep(node, "desk");
        var refused = new TaskCompletionSource<bool>();
        node.Subscribers.Polishing = async (lease, _) =>
        {
            await node.InScope(db =>
                db.Set<WorkItem>().ExecuteUpdateAsync(row => row.SetProperty(w => w.LeaseToken, "another host's"))
            );
            try
            {
                await node.InScope(async db =>
                {
                    await using var transaction = await node
                        .Services.GetRequiredService<IDatabaseEngine>()
                        .BeginWrite(db, CancellationToken.None);
                    await lease.Require(db, CancellationToken.None);
                    return true;
                });
                refused.SetResult(false);
            }
            catch (LeaseLostException)
            {
                refused.SetResult(true);
                throw;
            }
            return Rest.UntilSignal;
        };

        await node.Start();

        Assert.That(await refused.Task, Is.True);
        await node.Stop();
        Assert.That(
            await node.InScope(db => db.Set<WorkItem>().Select(w => w.LeaseToken).SingleAsync()),
            Is.EqualTo("another host's"),
            "the end of the work that was taken over"
        );
    }

    [Test]
    public async Task A_lease_that_ran_out_is_not_believed_to_hold_again()
    {
        var node = await IdleNode(("Outbox:Lease", "00:00:01.500"));
        await Keep(node, "desk");
        var leases = new ConcurrentQueue<WorkLease>();
        var done = new TaskCompletionSource();
        node.Subscribers.Polishing = async (lease, _) =>
        {
            leases.Enqueue(lease);
            await done.Task;
            return Rest.UntilSignal;
        };
        await node.Start();
        await Eventually.Holds(() => leases.Count == 1);

        await node.InScope(db => EndLease(db, "desk"));
        await Eventually.Holds(() => leases.Count == 2);
        var second = await LeaseUntil(node);
        await Eventually.Holds(async () => await LeaseUntil(node) > second + 1_600);

        Assert.That(leases.Select(lease => lease.IsHeld), Is.EqualTo([false, true]));
        done.SetResult();
    }

    [Test]
    public async Task Work_longer_than_a_lease_keeps_it()
    {
        (string, string) shortLease = ("Outbox:Lease", "00:00:02");
        var (one, other) = (await IdleNode(shortLease), await IdleNode(shortLease));
        await Keep(one, "desk");
        var calls = 0;
        var held = new ConcurrentQueue<bool>();
        var done = new TaskCompletionSource();
        foreach (var node in new[] { one, other })
            node.Subscribers.Polishing = async (lease, _) =>
            {
                Interlocked.Increment(ref calls);
                await done.Task;
                held.Enqueue(lease.IsHeld);
                return Rest.UntilSignal;
            };

        await one.Start();
        await other.Start();
        await Eventually.Holds(async () => await LeaseUntil(one) is not null);
        var first = await LeaseUntil(one);
        await Eventually.Holds(async () => await LeaseUntil(one) > first + 2_100);
        done.SetResult();

        await Eventually.Holds(async () => await Free(one) == 1);
        Assert.That(calls, Is.EqualTo(1));
        Assert.That(held, Is.EqualTo([true]));
    }

    [Test]
    public async Task Work_that_fails_is_taken_up_again_and_what_is_gone_is_not()
    {
        var node = await IdleNode();
        await Keep(node, "breaks", "goes");
        var calls = new ConcurrentQueue<string>();
        node.Subscribers.Polishing = (lease, _) =>
        {
            calls.Enqueue(lease.Id);
            return lease.Id == "goes" ? Task.FromResult(Rest.Gone)
                : calls.Count(id => id == "breaks") == 1 ? throw new InvalidOperationException("It broke.")
                : Task.FromResult(Rest.UntilSignal);
        };

        await node.Start();

        await Eventually.Holds(() => calls.Count == 3);
        await Eventually.Holds(async () => await Free(node, WorkItem.Never) == 1);
        Assert.That(
            await node.InScope(db => db.Set<WorkItem>().Select(w => w.Id).ToListAsync()),
            Is.EqualTo(["breaks"])
        );
    }

    [Test]
    public async Task What_is_gone_but_signalled_meanwhile_is_looked_at_once_more()
    {
        var node = await IdleNode();
        await Keep(node, "desk");
        var calls = 0;
        node.Subscribers.Polishing = async (_, _) =>
        {
            if (Interlocked.Increment(ref calls) == 1)
                await Signal(node, "desk");
            return Rest.Gone;
        };

        await node.Start();

        await Eventually.Holds(async () => await node.InScope(db => db.Set<WorkItem>().CountAsync()) == 0);
        Assert.That(calls, Is.EqualTo(2));
    }

    [Test]
    public async Task What_is_gone_can_not_be_signalled()
    {
        var node = await IdleNode();
        await Keep(node, "desk");

        Assert.That(() => Signal(node, "desk", "gone"), Throws.InvalidOperationException);
    }

    public static WorkItem Item(string id, bool due) =>
        new()
        {
            Kind = Polisher.Kind,
            Id = id,
            Tenant = Node.Acme.Tenant,
            Environment = Node.Acme.Environment,
            DueAt = due ? 0 : WorkItem.Never,
        };

    /// <summary>Takes work as a host does.</summary>
    public static Task<List<WorkItem>> Claim(Node node, AppDbContext db, string token) =>
        db.Set<WorkItem>()
            .FromSqlRaw(
                node.Services.GetRequiredService<WorkSql>().Claim,
                token,
                (long)TimeSpan.FromMinutes(1).TotalMilliseconds,
                Polisher.Kind,
                10
            )
            .IgnoreQueryFilters()
            .AsNoTracking()
            .ToListAsync();

    private static Task<int> Keep(Node node, params string[] ids) =>
        node.InScope(async db =>
        {
            db.AddRange(ids.Select(id => Item(id, due: true)));
            return await db.SaveChangesAsync();
        });

    /// <summary>Keeps a lease as a host does.</summary>
    public static Task<int> Renew(Node node, AppDbContext db, string token) =>
        db.Database.ExecuteSqlRawAsync(node.Services.GetRequiredService<WorkSql>().Renew, 10_000L, token);

    public static async Task Signal(Node node, params string[] ids)
    {
        await using var services = node.Services.CreateAsyncScope();
        services.ServiceProvider.GetRequiredService<BuildingBlocks.CallContext>().Enter(Node.Acme, "test");
        var signals = services.ServiceProvider.GetRequiredService<WorkSignals>();
        signals.Signal(Polisher.Kind, ids);
        await signals.Flush(CancellationToken.None);
    }

    /// <summary>How many items nobody works on, and which are due then.</summary>
    private static Task<int> Free(Node node, long? due = null) =>
        node.InScope(db => db.Set<WorkItem>().CountAsync(w => w.LeaseToken == null && (due == null || w.DueAt == due)));

    private static Task<int> EndLease(AppDbContext db, string id) =>
        db.Set<WorkItem>().Where(w => w.Id == id).ExecuteUpdateAsync(row => row.SetProperty(w => w.LeaseUntil, 1));

    private static Task<long?> LeaseUntil(Node node) =>
        node.InScope(db => db.Set<WorkItem>().Select(w => w.LeaseUntil).SingleAsync());
}
