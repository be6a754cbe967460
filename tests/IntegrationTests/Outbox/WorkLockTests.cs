using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.BuildingBlocks.Work;
using FeatureFlags.ChangeFeed.Domain;
using FeatureFlags.ChangeFeed.Features;
using FeatureFlags.ChangeFeed.Persistence;
using FeatureFlags.ChangeFeed.Webhooks;
using FeatureFlags.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.IntegrationTests.Outbox;

/// <summary>Who meets at the same rows of PostgreSQL waits for the other, and never the other for him too.</summary>
[TestFixture(Engine.Postgres)]
internal sealed class WorkLockTests(Engine engine) : OutboxFixture(engine)
{
    [Test]
    public async Task Items_are_locked_in_one_order_wherever_their_rows_lie([Values] bool bySignal)
    {
        var node = await IdleNode();
        await Keep(node, WorkTests.Item("later", due: true));
        await Keep(node, WorkTests.Item("earlier", due: true));
        await node.InScope(db => WorkTests.Claim(node, db, "a worker's"));
        // Few rows are read as they lie, and PostgreSQL knows now how few they are.
        await node.InScope(db => db.Database.ExecuteSqlRawAsync("ANALYZE outbox_work"));
        Task both = Task.CompletedTask;
        await InTransaction(
            node,
            async db =>
            {
                Assert.That(await TryLock(db, "earlier"), Is.True);
                both = bySignal
                    ? WorkTests.Signal(node, "earlier", "later")
                    : node.InScope(other => WorkTests.Renew(node, other, "a worker's"));
                await Eventually.Holds(async () => await Waiting(node) == 1);

                Assert.That(await TryLock(db, "later"), Is.True, "it was not locked before the one waited for");
            }
        );
        await both;
    }

    [Test]
    public async Task The_end_of_an_attempt_and_a_redelivery_meet_without_harm()
    {
        var node = await IdleNode();
        var hook = await PlanTests.Webhook(node, pending: 1, delivered: 0);
        var item = new WorkItem
        {
            Kind = DeliverToWebhook.Kind,
            Id = hook.Id,
            Tenant = hook.Tenant,
            Environment = hook.Environment,
        };
        await Keep(node, item);
        var id = await node.InScope(db => db.Deliveries().Select(d => d.Id).SingleAsync());
        Task<DeliveryResponse> redelivery = null!;

        await InTransaction(
            node,
            async db =>
            {
                await new WorkLease(item, () => true).Require(db, CancellationToken.None);
                var delivery = await db.Deliveries().Include(d => d.Log).SingleAsync();
                redelivery = node.Send(new RedeliverDelivery.Command(hook.Id, id));
                await Eventually.Holds(async () => redelivery.IsCompleted || await Waiting(node) == 1);
                Assert.That(redelivery.Exception, Is.Null);

                var now = node.Clock.GetUtcNow();
                delivery.Note(
                    new AttemptResult(now, TimeSpan.Zero, Status: 500, "It failed."),
                    now,
                    WebhookSchedule.Parse(null)
                );
                await db.SaveChangesAsync();
            }
        );

        Assert.That((await redelivery).State, Is.EqualTo(DeliveryState.Pending));
        var left = await node.InScope(db => db.Deliveries().Include(d => d.Log).SingleAsync());
        Assert.That((left.Attempts, left.Log.Count), Is.EqualTo((0, 1)), "the redelivery came last");
    }

    private static Task<int> Keep(Node node, WorkItem item) =>
        node.InScope(db =>
        {
            db.Add(item);
            return db.SaveChangesAsync();
        });

    private static Task<int> InTransaction(Node node, Func<AppDbContext, Task> work) =>
        node.InScope(async db =>
        {
            await using var transaction = await node
                .Services.GetRequiredService<IDatabaseEngine>()
                .BeginWrite(db, CancellationToken.None);
            await work(db);
            await transaction.Commit();
            return 0;
        });

    private static async Task<bool> TryLock(AppDbContext db, string id) =>
        await db.Set<WorkItem>()
            .FromSql($"SELECT * FROM outbox_work WHERE id = {id} FOR UPDATE SKIP LOCKED")
            .AsNoTracking()
            .CountAsync() == 1;

    /// <summary>How many wait for a row that another has.</summary>
    private static Task<int> Waiting(Node node) =>
        node.InScope(db =>
            db.Database.SqlQueryRaw<int>(
                    """
                    SELECT count(*)::int AS "Value" FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'
                    """
                )
                .SingleAsync()
        );
}
