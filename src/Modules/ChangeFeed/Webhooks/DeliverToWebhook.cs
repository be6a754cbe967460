using System.Text;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.BuildingBlocks.Work;
using FeatureFlags.ChangeFeed.Domain;
using FeatureFlags.ChangeFeed.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.ChangeFeed.Webhooks;

/// <summary>
/// Makes a webhook's due deliveries: several at once, but of one entity one after the other. One host at a time works
/// for a webhook, so that a receiver meets the same order and the same patience whatever the number of hosts.
/// </summary>
internal sealed class DeliverToWebhook(
    AppDbContext db,
    IServiceScopeFactory scopes,
    IDatabaseEngine engine,
    WebhookClient client,
    WebhookSettings settings,
    TimeProvider clock
) : IWorker
{
    public const string Kind = "webhooks";

    /// <summary>How many webhooks one host works for at once. What they cost is waiting.</summary>
    public const int AtOnce = 256;

    // To one webhook at once, each of another entity.
    private static readonly ParallelOptions Lanes = new() { MaxDegreeOfParallelism = 4 };

    private const int BatchSize = 32;

    // Of one entity, when another may be waiting.
    private const int MostInARow = 16;
    private const int SweepSize = 500;

    // Then others come first, if all are wanted.
    private static readonly TimeSpan LongestTurn = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    /// <summary>How long the log is kept, and how long what waits for an inactive webhook waits.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(30);

    // Whoever gets no events still gets its log swept.
    private static readonly TimeSpan LongestRest = TimeSpan.FromDays(1);

    public async Task<Rest> Work(WorkLease lease, CancellationToken stopping)
    {
        using var turn = new CancellationTokenSource(LongestTurn, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stopping, turn.Token);
        while (!end.IsCancellationRequested)
        {
            // Anew each time: it may have been changed meanwhile.
            var webhook = await db.Webhooks()
                .IgnoreQueryFilters([AppDbContext.DeletedFilter])
                .AsNoTracking()
                .SingleOrDefaultAsync(w => w.Id == lease.Id, stopping);
            if (webhook is null)
                return Rest.Gone;
            if (webhook.DeletedAt is not null)
                return await Sweep(webhook, DateTimeOffset.MaxValue) ? Rest.Turn : Rest.Gone;
            if (await Sweep(webhook, clock.Now() - Retention))
                continue;
            if (!webhook.Active)
                return new Rest(LongestRest);

            var now = clock.GetUtcNow();
            var due = await First(webhook)
                .Where(d => d.NextAttemptAt <= now)
                .OrderBy(d => d.NextAttemptAt)
                .ThenBy(d => d.Revision)
                .Take(BatchSize)
                .WithBodies(db)
                .ToListAsync(stopping);
            if (due.Count == 0)
                return await UntilNext(webhook, stopping);
            if (await Deliver(lease, webhook, due, end.Token) is { } pause)
                return new Rest(pause, pause);
        }
        return Rest.Turn;
    }

    /// <summary>What is pending and has nothing pending of the same entity before it.</summary>
    private IQueryable<Delivery> First(Webhook webhook) =>
        db.Deliveries()
            .AsNoTracking()
            .Where(d => d.WebhookId == webhook.Id && d.State == DeliveryState.Pending)
            .Where(d =>
                !db.Deliveries()
                    .Any(earlier =>
                        earlier.WebhookId == d.WebhookId
                        && earlier.State == DeliveryState.Pending
                        && earlier.Entity == d.Entity
                        && earlier.EntityKey == d.EntityKey
                        && earlier.Revision < d.Revision
                    )
            );

    private async Task<Rest> UntilNext(Webhook webhook, CancellationToken ct)
    {
        var next = await First(webhook).MinAsync(d => (DateTimeOffset?)d.NextAttemptAt, ct);
        var wait = next - clock.GetUtcNow() ?? LongestRest;
        return new Rest(wait < TimeSpan.Zero ? TimeSpan.Zero : wait);
    }

    /// <returns>How long the webhook is to be left alone; null when there is no need.</returns>
    private async Task<TimeSpan?> Deliver(WorkLease lease, Webhook webhook, List<Due> due, CancellationToken end)
    {
        TimeSpan? pause = null;
        await Parallel.ForEachAsync(
            due,
            Lanes,
            async (first, _) =>
            {
                Due? next = first;
                for (var sent = 0; next is not null && sent < MostInARow; sent++)
                {
                    if (pause is not null || end.IsCancellationRequested)
                        return;
                    if (!lease.IsHeld)
                        throw new LeaseLostException();
                    var (delivery, body) = next;
                    // Not cut short when the turn or the host ends: the answer would be lost, and the event sent twice.
                    var result = await client.Attempt(
                        webhook,
                        delivery.EventId,
                        Encoding.UTF8.GetBytes(body),
                        CancellationToken.None
                    );
                    if (result is null)
                    {
                        pause = WebhookClient.Break;
                        return;
                    }
                    next = await Note(lease, delivery, result);
                    if (result.RetryAfter is { } asked)
                        pause = asked < LongestPause ? asked : LongestPause;
                    else if (result.IsGone)
                        pause = TimeSpan.Zero;
                }
            }
        );
        return pause;
    }

    /// <returns>
    /// What comes next of the same entity, if the way is free for it. Lanes go on by themselves because to find what is
    /// first of each entity, as a turn begins, takes the longer the more is pending.
    /// </returns>
    private async Task<Due?> Note(WorkLease lease, Delivery delivery, AttemptResult result)
    {
        if (delivery.IsLost(result, settings.Schedule) && await GiveUp(lease, delivery, result))
        {
            WebhookMetrics.Attempts.WithLabels("dead").Inc();
            return null;
        }

        await using var services = scopes.CreateAsyncScope();
        services.ServiceProvider.GetRequiredService<CallContext>().Enter(lease.Scope, Kind);
        var own = services.ServiceProvider.GetRequiredService<AppDbContext>();
        await using var transaction = await engine.BeginWrite(own, CancellationToken.None);
        await lease.Require(own, CancellationToken.None);
        var noted = await own.Deliveries()
            .Include(d => d.Log)
            .SingleAsync(d => d.Id == delivery.Id, CancellationToken.None);
        noted.Note(result, clock.GetUtcNow(), settings.Schedule);
        await own.SaveChangesAsync(CancellationToken.None);
        await transaction.Commit();
        WebhookMetrics.Attempts.WithLabels(OutcomeOf(noted)).Inc();
        return noted.State == DeliveryState.Delivered ? await After(own, noted) : null;
    }

    private async Task<Due?> After(AppDbContext own, Delivery delivered)
    {
        var next = await own.Deliveries()
            .AsNoTracking()
            .Where(d => d.WebhookId == delivered.WebhookId && d.State == DeliveryState.Pending)
            .Where(d => d.Entity == delivered.Entity && d.EntityKey == delivered.EntityKey)
            .OrderBy(d => d.Revision)
            .Take(1)
            .WithBodies(own)
            .SingleOrDefaultAsync(CancellationToken.None);
        return next?.Delivery.NextAttemptAt <= clock.GetUtcNow() ? next : null;
    }

    private async Task<bool> GiveUp(WorkLease lease, Delivery delivery, AttemptResult result)
    {
        await using var services = scopes.CreateAsyncScope();
        services.ServiceProvider.GetRequiredService<CallContext>().Enter(lease.Scope, Kind);
        var command = new GiveUpDelivery.Command(lease, delivery.Id, result);
        return await services.ServiceProvider.GetRequiredService<ISender>().Send(command, CancellationToken.None);
    }

    private static string OutcomeOf(Delivery delivery) =>
        delivery.State switch
        {
            DeliveryState.Delivered => "delivered",
            DeliveryState.Dead => "dead",
            _ => "failed",
        };

    /// <summary>Deletes old deliveries, the oldest first, and the events that nobody is sent any more.</summary>
    /// <returns>Whether there may be more.</returns>
    private async Task<bool> Sweep(Webhook webhook, DateTimeOffset before)
    {
        // Ids begin with their time, and one look at the first mostly tells that there is nothing to do.
        var oldest = await db.Deliveries()
            .Where(d => d.WebhookId == webhook.Id)
            .OrderBy(d => d.Id)
            .Select(d => new
            {
                d.Id,
                d.EventId,
                d.CreatedAt,
            })
            .Take(1)
            .ToListAsync();
        if (oldest is [] || oldest[0].CreatedAt >= before)
            return false;

        await using var transaction = await engine.BeginWrite(db, CancellationToken.None);
        var old = await db.Deliveries()
            .Where(d => d.WebhookId == webhook.Id)
            .OrderBy(d => d.Id)
            .Take(SweepSize)
            .Where(d => d.CreatedAt < before)
            .Select(d => new { d.Id, d.EventId })
            .ToListAsync();
        var (ids, events) = (old.Select(d => d.Id).ToList(), old.Select(d => d.EventId).ToList());
        await db.Set<DeliveryAttempt>().Where(a => ids.Contains(a.DeliveryId)).ExecuteDeleteAsync();
        await db.Deliveries().Where(d => ids.Contains(d.Id)).ExecuteDeleteAsync();
        await transaction.Commit();
        // After the commit: two hosts that clear the same events for two webhooks would each still see the other's rows.
        await db.Set<QueuedEvent>()
            .Where(e => events.Contains(e.EventId) && !db.Deliveries().Any(d => d.EventId == e.EventId))
            .ExecuteDeleteAsync();
        return true;
    }
}

/// <summary>A delivery to make, and what is sent.</summary>
internal sealed record Due(Delivery Delivery, string Body);

file static class DueQuery
{
    public static IQueryable<Due> WithBodies(this IQueryable<Delivery> deliveries, AppDbContext db) =>
        deliveries.Select(d => new Due(d, db.Set<QueuedEvent>().Single(e => e.EventId == d.EventId).Body));
}
