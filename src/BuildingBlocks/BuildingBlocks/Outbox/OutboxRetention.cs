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
            while (await DeleteBatch(scope, ct) == BatchSize) { }
        }
    }

    private async Task<int> DeleteBatch(Scope scope, CancellationToken ct)
    {
        await using var services = scopes.CreateAsyncScope();
        services.ServiceProvider.GetRequiredService<CallContext>().Enter(scope, "outbox");
        var db = services.ServiceProvider.GetRequiredService<AppDbContext>();
        var before = clock.Now() - options.Value.Retention;

        await using var transaction = await engine.BeginWrite(db, ct);
        var row = await db.Set<ScopeRevision>().AsNoTracking().Of(scope).SingleAsync(ct);
        var min = row.MinRevision;
        var firstOpen = await db.Set<OutboxDelivery>().MinAsync(d => (long?)d.Revision, ct) ?? long.MaxValue;
        var firstDead = await db.Set<DeadLetter>().MinAsync(d => (long?)d.Revision, ct) ?? long.MaxValue;
        var firstYoung =
            await db.Set<OutboxMessage>()
                .Where(m => m.Revision > min && m.Revision <= min + BatchSize && m.OccurredAt >= before)
                .MinAsync(m => (long?)m.Revision, ct)
            ?? long.MaxValue;

        var last = Math.Min(
            Math.Min(min + BatchSize, row.Revision),
            Math.Min(firstYoung, Math.Min(firstOpen, firstDead)) - 1
        );
        var deleted = await db.Set<OutboxMessage>().Where(m => m.Revision <= last).ExecuteDeleteAsync(ct);
        if (deleted == 0)
            return 0;

        await db.Set<ScopeRevision>()
            .Of(scope)
            // Not by how many were deleted: after a restore old ones lie below a minimum that was moved ahead.
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.MinRevision, Math.Max(min, last)), ct);
        await transaction.Commit();
        return deleted;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Old messages could not be deleted; tried again later")]
    private partial void LogFailed(Exception error);
}
