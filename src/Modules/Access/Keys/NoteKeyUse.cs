using FeatureFlags.Access.Domain;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FeatureFlags.Access.Keys;

/// <summary>
/// Writes down when keys were used last: every minute, and each scope's at once, so that a request by key writes
/// nothing. What a host that stops has not written is lost.
/// </summary>
internal sealed partial class NoteKeyUse(
    IServiceScopeFactory services,
    IDatabaseEngine engine,
    DatabaseStatus database,
    KnownKeys known,
    TimeProvider clock,
    ILogger<NoteKeyUse> log
) : BackgroundService
{
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private bool _isFailing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.WhenReady(stoppingToken);
        while (true)
        {
            await Task.Delay(Every, clock, stoppingToken);
            await Note(stoppingToken);
        }
    }

    public async Task Note(CancellationToken ct)
    {
        foreach (var used in known.Held.Where(key => key.UsedAt > key.NotedUse).GroupBy(key => key.Scope))
            await Note(used.Key, [.. used], ct);
    }

    private async Task Note(Scope scope, IReadOnlyList<HeldKey> used, CancellationToken ct)
    {
        try
        {
            var uses = used.Select(key => (Key: key, At: key.UsedAt)).ToList();
            await Write(scope, uses.Select(use => (use.Key.Terms.KeyId, use.At)), ct);
            uses.ForEach(use => use.Key.NotedUse = use.At);
            _isFailing = false;
        }
        catch (Exception error) when (engine.IsUnavailable(error))
        {
            // It is said elsewhere; the next minute's turn writes it.
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            // Said once, until something succeeds: nobody is kept from anything.
            if (!_isFailing)
                LogNotNoted(scope, error);
            _isFailing = true;
        }
    }

    private async Task Write(Scope scope, IEnumerable<(string KeyId, DateTimeOffset At)> uses, CancellationToken ct)
    {
        await using var work = services.CreateAsyncScope();
        work.ServiceProvider.GetRequiredService<CallContext>().Enter(scope, "access");
        var db = work.ServiceProvider.GetRequiredService<AppDbContext>();
        await using var transaction = await engine.BeginWrite(db, ct);
        // One time for all that were used within a minute: a statement for many keys, not for each.
        foreach (var minute in uses.GroupBy(use => use.At.Ticks / Every.Ticks))
        {
            foreach (var some in minute.Chunk(KnownKeys.IdsAtOnce))
            {
                var ids = some.Select(use => use.KeyId).Distinct().ToList();
                DateTimeOffset? at = some.Max(use => use.At);
                // Another host may have noted a later use.
                await db.Set<ApiKey>()
                    .Where(k => ids.Contains(k.Id) && (k.LastUsedAt == null || k.LastUsedAt < at))
                    .ExecuteUpdateAsync(row => row.SetProperty(k => k.LastUsedAt, at), ct);
            }
        }
        await transaction.Commit();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "When the API keys of {Scope} were used last can't be written")]
    private partial void LogNotNoted(Scope scope, Exception error);
}
