using FeatureFlags.Access.Domain;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Access.Persistence;

/// <summary>
/// Creates the client that a production installation begins with. Once: neither a secret that was rotated since nor a
/// client that was deleted comes back with a restart.
/// </summary>
internal sealed class CreateFirstClient(AppDbContext db, AccessSettings settings, TimeProvider clock) : IStartupStep
{
    public async Task Run(CancellationToken ct)
    {
        if (settings.FirstClient is not var (id, secret))
            return;

        await db.FindOrAdd(
            db.Clients().IgnoreQueryFilters([AppDbContext.DeletedFilter]).AsNoTracking().Where(c => c.Id == id),
            () => ApiClient.First(id, secret, clock.Now()),
            ct
        );
    }
}
