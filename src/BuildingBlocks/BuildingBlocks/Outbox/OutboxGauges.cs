using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FeatureFlags.BuildingBlocks.Outbox;

/// <summary>Measures the outbox's backlog over all scopes now and then, so that a scrape never waits for the database.</summary>
internal sealed partial class OutboxGauges(
    IServiceScopeFactory scopes,
    IEnumerable<Subscription> subscriptions,
    IEnumerable<Backlog> backlogs,
    DatabaseStatus database,
    TimeProvider clock,
    ILogger<OutboxGauges> log
) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.WhenReady(stoppingToken);
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                await Measure(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task Measure(CancellationToken ct)
    {
        await using var services = scopes.CreateAsyncScope();
        var db = services.ServiceProvider.GetRequiredService<AppDbContext>();
        var messages = db.Set<OutboxMessage>().IgnoreQueryFilters();
        foreach (var name in subscriptions.Select(s => s.Name))
        {
            var open = db.Set<OutboxDelivery>().IgnoreQueryFilters().Where(d => d.Subscriber == name);
            var pending = await open.CountAsync(ct);
            // Event ids begin with their time: the first is the oldest.
            var first = await open.Select(d => d.EventId).MinAsync(ct);
            var oldest = await messages
                .Where(m => m.EventId == first)
                .Select(m => (DateTimeOffset?)m.OccurredAt)
                .SingleOrDefaultAsync(ct);
            var dead = await db.Set<DeadLetter>().IgnoreQueryFilters().CountAsync(d => d.Subscriber == name, ct);

            Show(name, pending, oldest);
            OutboxMetrics.DeadLetters.WithLabels(name).Set(dead);
        }
        foreach (var backlog in backlogs)
        {
            var (pending, oldest) = await backlog.Measure(db, ct);
            Show(backlog.Name, pending, oldest);
        }
    }

    private void Show(string name, int pending, DateTimeOffset? oldest)
    {
        OutboxMetrics.Pending.WithLabels(name).Set(pending);
        OutboxMetrics.Lag.WithLabels(name).Set(oldest is { } at ? (clock.Now() - at).TotalSeconds : 0);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The outbox's backlog could not be measured")]
    private partial void LogFailed(Exception error);
}
