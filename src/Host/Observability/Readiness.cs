using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Host.Observability;

/// <summary>Whether to send this host traffic, and why not.</summary>
internal sealed class Readiness(
    DatabaseStatus database,
    IServiceScopeFactory scopes,
    IHostApplicationLifetime lifetime,
    TimeProvider clock
)
{
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ProbeAge = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Task<Finding> _probe = Task.FromResult(Finding.Unknown);
    private long _probedAt;
    private bool _schemaIsCurrent;

    public async Task<(bool Ready, string Text)> Check()
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            return (false, "stopping");
        if (!database.IsReady)
            return database.HasStandIn
                ? (true, "ready (stale: the database was not reached yet)")
                : (false, "the database was not reached yet");

        return await LatestProbe() switch
        {
            Finding.Reached => (true, "ready"),
            Finding.SchemaBehind => (false, "migrations are pending"),
            // Rules are in memory: if every replica stepped back at once, nobody would be left to evaluate them.
            _ => (true, "ready (stale: the database is away)"),
        };
    }

    // Any number of askers share one query a second.
    private Task<Finding> LatestProbe()
    {
        lock (_lock)
        {
            var isOld = _probedAt == 0 || clock.GetElapsedTime(_probedAt) >= ProbeAge;
            if (_probe.IsCompleted && isOld)
            {
                _probedAt = clock.GetTimestamp();
                _probe = Probe();
            }
            return _probe;
        }
    }

    private async Task<Finding> Probe()
    {
        using var limit = new CancellationTokenSource(ProbeLimit, clock);
        try
        {
            // The driver may not notice the token while it connects.
            return await Task.Run(() => Ask(limit.Token), limit.Token).WaitAsync(limit.Token);
        }
        catch (Exception)
        {
            return Finding.Away;
        }
    }

    private async Task<Finding> Ask(CancellationToken ct)
    {
        await using var services = scopes.CreateAsyncScope();
        var db = services.ServiceProvider.GetRequiredService<AppDbContext>();
        // Once: a schema only moves on, and this host knows no more migrations than when it started.
        if (!_schemaIsCurrent && (await db.Database.GetPendingMigrationsAsync(ct)).Any())
            return Finding.SchemaBehind;
        _schemaIsCurrent = true;
        await db.Set<ScopeRevision>().AnyAsync(ct);
        return Finding.Reached;
    }

    private enum Finding
    {
        Unknown,
        Reached,
        Away,
        SchemaBehind,
    }
}
