using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Host;

/// <summary>
/// Gives a newcomer something to look at: the tenant <c>acme</c>, written once. Where anything was ever written for it,
/// it is left alone.
/// </summary>
internal sealed class DemoTenant(
    AppDbContext db,
    CallContext call,
    IEnumerable<IDemoData> parts,
    IConfiguration configuration,
    IHostEnvironment host
) : IStartupStep
{
    private const string Tenant = "acme";

    public async Task Run(CancellationToken ct)
    {
        var wanted = configuration.GetValue<bool?>("DEMO_SEED") ?? host.IsDevelopment();
        if (!wanted || await db.Set<ScopeRevision>().AnyAsync(r => r.Tenant == Tenant, ct))
            return;

        call.Enter(new Scope(Tenant, Scope.DefaultEnvironment), actor: "demo");
        foreach (var part in parts)
            await part.Write(ct);
    }
}
