using FeatureFlags.Access.Persistence;
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
            var times = used.Select(key => (Key: key, At: key.UsedAt)).ToList();
            await Write(
                scope,
                times.GroupBy(t => t.Key.Terms.KeyId).ToDictionary(k => k.Key, k => k.Max(t => t.At)),
                ct
            );
            times.ForEach(t => t.Key.NotedUse = t.At);
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

    private async Task Write(Scope scope, Dictionary<string, DateTimeOffset> usedAt, CancellationToken ct)
    {
        await using var work = services.CreateAsyncScope();
        work.ServiceProvider.GetRequiredService<CallContext>().Enter(scope, "access");
        var db = work.ServiceProvider.GetRequiredService<AppDbContext>();
        await using var transaction = await engine.BeginWrite(db, ct);
        var ids = usedAt.Keys.ToList();
        foreach (var key in await db.ApiKeys().Where(k => ids.Contains(k.Id)).ToListAsync(ct))
            key.NoteUse(usedAt[key.Id]);
        await db.SaveChangesAsync(ct);
        await transaction.Commit();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "When the API keys of {Scope} were used last can't be written")]
    private partial void LogNotNoted(Scope scope, Exception error);
}
