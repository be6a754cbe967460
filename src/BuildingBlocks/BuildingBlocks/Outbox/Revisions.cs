using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.BuildingBlocks.Outbox;

internal static class Revisions
{
    /// <summary>
    /// Takes the scope's next revision and its lock until the transaction ends. The lock comes before anything is
    /// inserted: numbers that are given out before it become visible out of order, and a cursor would lose rows.
    /// </summary>
    public static async Task<long> TakeNext(this AppDbContext db, Scope scope, CancellationToken ct)
    {
        var taken = await db
            .Database.SqlQuery<long>(
                $"""
                INSERT INTO outbox_revisions (tenant, environment, revision, min_revision, head_event_id)
                VALUES ({scope.Tenant}, {scope.Environment}, 1, 0, '')
                ON CONFLICT (tenant, environment) DO UPDATE SET revision = outbox_revisions.revision + 1
                RETURNING revision AS "Value"
                """
            )
            .ToListAsync(ct);
        return taken[0];
    }

    public static IQueryable<ScopeRevision> Of(this IQueryable<ScopeRevision> revisions, Scope scope) =>
        revisions.Where(r => r.Tenant == scope.Tenant && r.Environment == scope.Environment);
}
