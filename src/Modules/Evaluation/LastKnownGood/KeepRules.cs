using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Evaluation.Domain;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FeatureFlags.Evaluation.LastKnownGood;

/// <summary>
/// Writes the rules of every scope in memory to disk soon after they have moved, and what is left when the host is told
/// to stop. Read from the database for it: what is in memory is compiled, and the text it came from gone.
/// </summary>
internal sealed partial class KeepRules(
    RuleCache cache,
    RuleFiles files,
    DatabaseStatus database,
    IDatabaseEngine engine,
    TimeProvider clock,
    ILogger<KeepRules> log
) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeastRest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RestAfterFailure = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(5);

    // A scope that never stops changing costs the disk no more than this, however large it is.
    private const double BytesPerSecond = 1_000_000;

    private readonly Dictionary<Scope, Kept> _kept = [];
    private bool _isFailing;

    /// <summary>How long the next file of a scope waits after one of this size.</summary>
    internal static TimeSpan RestAfter(long bytes) =>
        TimeSpan.FromSeconds(Math.Max(LeastRest.TotalSeconds, bytes / BytesPerSecond));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.WhenReady(stoppingToken);
        while (true)
        {
            await Task.Delay(Look, clock, stoppingToken);
            foreach (var head in Moved())
            {
                if (!_kept.TryGetValue(head.Scope, out var kept) || kept.NotBefore <= clock.GetUtcNow())
                    await Keep(head, stoppingToken);
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var limit = new CancellationTokenSource(LongestFarewell, clock);
        using var until = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            foreach (var head in Moved())
                await Keep(head, until.Token);
        }
        catch (OperationCanceledException)
        {
            // The files from before stay.
        }
    }

    /// <summary>The scopes whose files are behind. None while the database, which has their text, is away.</summary>
    private List<ScopeHead> Moved() =>
        !database.IsReady || database.IsAway
            ? []
            :
            [
                .. cache
                    .Held.Where(rules => !rules.IsFromFile)
                    .Select(rules => rules.Head)
                    .Where(head => _kept.GetValueOrDefault(head.Scope).Head != head),
            ];

    private async Task Keep(ScopeHead head, CancellationToken ct)
    {
        var scope = head.Scope;
        try
        {
            // A restored database may not know it any more: then there is nothing to keep.
            _kept[scope] = await cache.ReadStored(scope, ct) is { } stored
                ? new Kept(stored.Head, clock.GetUtcNow() + RestAfter(files.Write(stored)))
                : new Kept(head, default);
            _isFailing = false;
        }
        catch (Exception error) when (engine.IsUnavailable(error))
        {
            // It is said elsewhere; the scope's turn comes when the database is back.
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            // Said once, until something succeeds: rules in memory are as good as ever.
            if (!_isFailing)
                LogNotKept(scope, error);
            _isFailing = true;
            _kept[scope] = _kept.GetValueOrDefault(scope) with { NotBefore = clock.GetUtcNow() + RestAfterFailure };
        }
    }

    /// <param name="Head">What the file is of, or would be.</param>
    private readonly record struct Kept(ScopeHead Head, DateTimeOffset NotBefore);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The last-known-good file of {Scope} can't be written; should the database be away at the next start, its rules are older or missing"
    )]
    private partial void LogNotKept(Scope scope, Exception error);
}
