using FeatureFlags.BuildingBlocks.Domain;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.BuildingBlocks.Work;

namespace FeatureFlags.BuildingBlocks.Messaging;

/// <summary>
/// Around every command: the scope's revision and lock first, then the handler, then its rows, outbox messages and
/// deliveries in one commit. A handler that raised no change leaves nothing behind, not even a revision.
/// </summary>
internal sealed class UnitOfWorkBehavior<TCommand, TResult>(
    AppDbContext db,
    IDatabaseEngine engine,
    CallContext call,
    OutboxWriter outbox,
    WorkSignals work,
    Committed committed
) : Behavior<TCommand, TResult>
    where TCommand : ICommand<TResult>
{
    protected override async Task<TResult> Around(TCommand message, Func<Task<TResult>> next, CancellationToken ct)
    {
        ScopeHead head;
        TResult result;
        await using (var transaction = await engine.BeginWrite(db, ct))
        {
            var revision = await db.TakeNext(call.Scope, ct);
            result = await next();

            var aggregates = db.ChangeTracker.Entries<AggregateRoot>().Select(e => e.Entity).ToList();
            var changes = aggregates.SelectMany(a => a.Changes).ToList();
            if (changes.Count == 0)
                return result;

            head = await outbox.Append(changes, revision, ct);
            // Before what is saved: workers lock an item first, and then the rows of its work.
            await work.Flush(ct);
            await db.SaveChangesAsync(ct);
            await transaction.Commit();
            aggregates.ForEach(a => a.ForgetChanges());
        }
        await committed.Announce(head);
        return result;
    }
}
