using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Evaluation.Domain;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FeatureFlags.Evaluation.LastKnownGood;

/// <summary>
/// Lets the rules on disk stand in for a database that is away at the start, and has whatever came from disk, then or
/// later, confirmed or replaced as soon as the database is there.
/// </summary>
internal sealed partial class RestoreRules(
    RuleCache cache,
    RuleFiles files,
    DatabaseStatus database,
    IDatabaseEngine engine,
    TimeProvider clock,
    ILogger<RestoreRules> log
) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private readonly HashSet<Scope> _failing = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.WhenAny(database.WhenReady(stoppingToken), database.WhenMissed(stoppingToken));
        stoppingToken.ThrowIfCancellationRequested();
        if (!database.IsReady)
            Restore();
        await database.WhenReady(stoppingToken);
        while (true)
        {
            await Confirm(stoppingToken);
            await Task.Delay(Look, clock, stoppingToken);
        }
    }

    private void Restore()
    {
        var restored = files.Scopes().Count(cache.Restore);
        if (restored == 0)
            return;

        database.SetStandIn();
        LogRestored(restored);
    }

    private async Task Confirm(CancellationToken ct)
    {
        foreach (var scope in cache.Held.Where(rules => rules.IsFromFile).Select(rules => rules.Head.Scope))
        {
            try
            {
                await cache.Confirm(scope, ct);
                _failing.Remove(scope);
            }
            catch (Exception error) when (engine.IsUnavailable(error))
            {
                // Nor would the others be.
                return;
            }
            catch (Exception error) when (!ct.IsCancellationRequested)
            {
                // One scope keeps no other from it. Said once, until it succeeds.
                if (_failing.Add(scope))
                    LogNotConfirmed(scope, error);
            }
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The database was not reached yet; the rules of {Count} environments come from last-known-good files"
    )]
    private partial void LogRestored(int count);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The rules of {Scope} can't be read from the database; they stay as they were kept on disk"
    )]
    private partial void LogNotConfirmed(Scope scope, Exception error);
}
