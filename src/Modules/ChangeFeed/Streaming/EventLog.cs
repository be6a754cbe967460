using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.ChangeFeed.Streaming;

/// <summary>A piece of a scope's history.</summary>
/// <param name="Head">Where the scope stood when it was read.</param>
/// <param name="Events">What comes next, in order; or the one reset that stands for what can't be told.</param>
internal sealed record EventPage(ScopeHead Head, IReadOnlyList<FeedEvent> Events);

/// <summary>Reads the histories of scopes from the outbox: whatever is told to clients comes from here.</summary>
internal sealed class EventLog(IServiceScopeFactory services, IDatabaseEngine engine)
{
    /// <summary>Bounds what a client that catches up holds in memory.</summary>
    public const int PageSize = 100;

    /// <returns>Where the scope stands; at 0 when nobody ever wrote to it.</returns>
    public async Task<ScopeHead> Head(Scope scope, CancellationToken ct) => (await Read(scope, after: null, ct)).Head;

    /// <param name="position">
    /// Where the reader is. With an event id, that event must still be the one there: in a database that was restored
    /// it is another, and the reader's past is not this scope's.
    /// </param>
    public Task<EventPage> After(ScopeHead position, CancellationToken ct) => Read(position.Scope, position, ct);

    private async Task<EventPage> Read(Scope scope, ScopeHead? after, CancellationToken ct)
    {
        await using var work = services.CreateAsyncScope();
        work.ServiceProvider.GetRequiredService<CallContext>().Enter(scope, "feed");
        var db = work.ServiceProvider.GetRequiredService<AppDbContext>();
        // One moment: retention deletes messages and raises the lower bound in one transaction.
        await using var snapshot = await engine.BeginSnapshot(db, ct);

        var row = await db.Set<ScopeRevision>()
            .AsNoTracking()
            .SingleOrDefaultAsync(r => r.Tenant == scope.Tenant && r.Environment == scope.Environment, ct);
        var head = new ScopeHead(scope, row?.Revision ?? 0, row?.HeadEventId ?? "");
        if (after is not { } position)
            return new EventPage(head, []);
        if (position.Revision > head.Revision || position.Revision < (row?.MinRevision ?? 0))
            return Reset(head);
        if (position.Revision == head.Revision)
            return IsSame(position.EventId, head.EventId) ? new EventPage(head, []) : Reset(head);

        // From the known one on, so that it shows whether it is still the same. It may have been deleted.
        var messages = await db.Set<OutboxMessage>()
            .AsNoTracking()
            .Where(m => m.Revision >= position.Revision)
            .OrderBy(m => m.Revision)
            .Take(PageSize)
            .ToListAsync(ct);
        var isAnother =
            messages is [{ } first, ..]
            && first.Revision == position.Revision
            && !IsSame(position.EventId, first.EventId);
        var next = messages.Where(m => m.Revision > position.Revision).ToList();
        // A gap can't be told; only a hand at the database makes one.
        if (isAnother || next is [] || next[0].Revision != position.Revision + 1)
            return Reset(head);
        return new EventPage(head, [.. next.Select(FeedEvent.Of)]);
    }

    private static bool IsSame(string known, string found) => known.Length == 0 || known == found;

    private static EventPage Reset(ScopeHead head) => new(head, [FeedEvent.Reset(head)]);
}
