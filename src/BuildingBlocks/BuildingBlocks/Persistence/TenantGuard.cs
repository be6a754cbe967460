using FeatureFlags.BuildingBlocks.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace FeatureFlags.BuildingBlocks.Persistence;

/// <summary>
/// The second wall between tenants: query filters guard reads, this refuses a save that would touch a row of another
/// scope than the caller's, however the row was come by.
/// </summary>
internal sealed class TenantGuard(CallContext call) : SaveChangesInterceptor
{
    public override InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
    {
        Check(eventData.Context!);
        return result;
    }

    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(
        DbContextEventData eventData,
        InterceptionResult<int> result,
        CancellationToken cancellationToken = default
    )
    {
        Check(eventData.Context!);
        return ValueTask.FromResult(result);
    }

    private void Check(DbContext db)
    {
        foreach (var entry in db.ChangeTracker.Entries<IScoped>())
        {
            if (entry.State is EntityState.Unchanged or EntityState.Detached)
                continue;

            var row = new Scope(entry.Entity.Tenant, entry.Entity.Environment);
            if (!call.HasScope || row != call.Scope)
                throw new CrossTenantWriteException(entry.Metadata.ShortName(), row);
        }
    }
}

/// <summary>A row of another tenant was about to be written: a bug in the service, stopped before the database.</summary>
public sealed class CrossTenantWriteException(string entity, Scope row)
    : InvalidOperationException($"Refused to write a {entity} of {row}: the caller works elsewhere.");
