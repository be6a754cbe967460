using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FeatureFlags.BuildingBlocks.Outbox;

/// <summary>
/// Deletes old messages, and only from the start of a scope's line: nothing is deleted at or after a message that a
/// subscriber still has to handle or that is a dead letter. What is gone is said by the scope's min_revision, raised
/// in the same transaction, so that a cursor never skips over a gap unawares.
/// </summary>
internal sealed partial class OutboxRetention(
    IServiceScopeFactory scopes,
    DatabaseStatus database,
    IDatabaseEngine engine,
    IOptions<OutboxOptions> options,
    TimeProvider clock,
    ILogger<OutboxRetention> log
) : BackgroundService
{
    // Small enough that a writer who waits for the scope's lock does not notice.
    internal const int BatchSize = 500;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.WhenReady(stoppingToken);
        using var timer = new PeriodicTimer(options.Value.RetentionPoll, clock);
        do
        {
            try
            {
                await Sweep(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task Sweep(CancellationToken ct)
    {
        List<ScopeRevision> all;
        await using (var services = scopes.CreateAsyncScope())
        {
            var db = services.ServiceProvider.GetRequiredService<AppDbContext>();
            all = await db.Set<ScopeRevision>().AsNoTracking().Where(r => r.Revision > r.MinRevision).ToListAsync(ct);
        }
        foreach (var scope in all.Select(r => new Scope(r.Tenant, r.Environment)))
        {
            while (await DeleteBatch(scope, ct)) { }
        }
    }

    /// <returns>Whether there may be more.</returns>
    private async Task<bool> DeleteBatch(Scope scope, CancellationToken ct)
    {
        await using var services = scopes.CreateAsyncScope();
        services.ServiceProvider.GetRequiredService<CallContext>().Enter(scope, "outbox");
        var db = services.ServiceProvider.GetRequiredService<AppDbContext>();
        var before = clock.Now() - options.Value.Retention;

        // One statement, hence one moment: a delivery that dies, or a dead one that is retried, between two statements
        // would be in neither. What is delivered at that moment stays delivered.
        var oldest = await db.Set<OutboxMessage>()
            .OrderBy(m => m.Revision)
            .Select(m => new
            {
                m.Revision,
                m.OccurredAt,
                IsHeld = db.Set<OutboxDelivery>().Any(d => d.EventId == m.EventId)
                    || db.Set<DeadLetter>().Any(d => d.EventId == m.EventId),
            })
            .Take(BatchSize)
            .ToListAsync(ct);
        var old = oldest.TakeWhile(m => !m.IsHeld && m.OccurredAt < before).ToList();
        if (old.Count == 0)
            return false;

        var last = old[^1].Revision;
        await using var transaction = await engine.BeginWrite(db, ct);
        // It is ahead already where another replica was faster, or where revisions were moved after a restore.
        await db.Set<ScopeRevision>()
            .Of(scope)
            .Where(r => r.MinRevision < last)
            .ExecuteUpdateAsync(row => row.SetProperty(r => r.MinRevision, last), ct);
        await db.Set<OutboxMessage>().Where(m => m.Revision <= last).ExecuteDeleteAsync(ct);
        await transaction.Commit();
        return old.Count == BatchSize;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Old messages could not be deleted; tried again later")]
    private partial void LogFailed(Exception error);
}
