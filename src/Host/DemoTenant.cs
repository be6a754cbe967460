using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Host;

/// <summary>
/// Gives a newcomer something to look at: the tenant <c>acme</c>, written once. Where anything was ever written for it,
/// it is left alone.
/// </summary>
internal sealed class DemoTenant(AppDbContext db, CallContext call, IEnumerable<IDemoData> parts) : IStartupStep
{
    private const string Tenant = "acme";

    /// <summary>In Development, or where <c>DEMO_SEED</c> says so.</summary>
    /// <exception cref="ConfigurationException"><c>DEMO_SEED</c> is neither true nor false.</exception>
    public static bool IsWanted(WebApplicationBuilder builder) =>
        builder.Configuration.Switch("DEMO_SEED") ?? builder.Environment.IsDevelopment();

    public async Task Run(CancellationToken ct)
    {
        if (await db.Set<ScopeRevision>().AnyAsync(r => r.Tenant == Tenant, ct))
            return;

        call.Enter(new Scope(Tenant, Scope.DefaultEnvironment), actor: "demo");
        foreach (var part in parts)
            await part.Write(ct);
    }
}
