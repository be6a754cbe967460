using System.Diagnostics;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.BuildingBlocks.Work;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FeatureFlags.BuildingBlocks.Outbox;

/// <summary>
/// Hands each message to each once-only subscriber. Every subscriber has a loop of its own, so that one that fails or
/// is slow holds nobody else back; it claims the next batch while others are still at work. Any number of replicas may
/// run it.
/// </summary>
internal sealed partial class OutboxDispatcher(
    IServiceScopeFactory scopes,
    IEnumerable<Subscription> subscriptions,
    CommitPulse commits,
    DeliveryPulse deliveries,
    DatabaseStatus database,
    IDatabaseEngine engine,
    OutboxSql sql,
    IOptions<OutboxOptions> options,
    TimeProvider clock,
    ILogger<OutboxDispatcher> log
) : BackgroundService
{
    private const int BatchSize = 32;
    private const int MaxBatches = 4;
    private static readonly ParallelOptions Lanes = new() { MaxDegreeOfParallelism = 4 };

    // Handling a batch as one is for work of a few milliseconds a message; what takes longer goes its own way, so that
    // nobody waits for it.
    private static readonly TimeSpan TogetherFor = TimeSpan.FromSeconds(1);

    private long LeaseMilliseconds => (long)options.Value.Lease.TotalMilliseconds;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.WhenReady(stoppingToken);
        await Task.WhenAll(subscriptions.Select(subscription => Serve(subscription, stoppingToken)));
    }

    private async Task Serve(Subscription subscription, CancellationToken stopping)
    {
        var batches = new List<Task>();
        var failing = false;
        try
        {
            while (true)
            {
                var beat = commits.Pulse.Next;
                batches.RemoveAll(batch => batch.IsCompleted);
                try
                {
                    var claimed = batches.Count < MaxBatches ? await Claim(subscription.Name, stopping) : [];
                    failing = false;
                    if (claimed.Count > 0)
                    {
                        batches.Add(Work(subscription, claimed));
                        continue;
                    }
                }
                catch (Exception error) when (!stopping.IsCancellationRequested)
                {
                    // Once per outage.
                    if (!failing)
                        LogCannotLook(subscription.Name, error);
                    failing = true;
                }
                // The end of a batch may make the next change of the same entities due.
                await Pulse.Await(Task.WhenAny([beat, .. batches]), options.Value.Poll, clock, stopping);
            }
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // What was claimed is finished even while the host stops, and the database with it.
            await Task.WhenAll(batches);
        }
    }

    private async Task Work(Subscription subscription, List<OutboxDelivery> claimed)
    {
        using var lost = new CancellationTokenSource();
        using var done = new CancellationTokenSource();
        var renewing = KeepLease(claimed[0].LeaseToken!, lost, done.Token);

        var alone = new List<OutboxDelivery>();
        foreach (var scope in claimed.GroupBy(d => (d.Tenant, d.Environment, Doomed: IsSpent(d))))
        {
            var batch = scope.OrderBy(d => d.Revision).ToList();
            if (scope.Key.Doomed || batch.Count == 1 || !await DeliverTogether(subscription, batch, lost.Token))
                alone.AddRange(batch);
        }
        await Parallel.ForEachAsync(
            alone,
            Lanes,
            async (delivery, _) => await DeliverAlone(subscription, delivery, lost.Token)
        );

        await done.CancelAsync();
        await renewing;
    }

    private async Task<List<OutboxDelivery>> Claim(string subscriber, CancellationToken ct)
    {
        var token = Guid.NewGuid().ToString("N");
        await using var services = scopes.CreateAsyncScope();
        var db = services.ServiceProvider.GetRequiredService<AppDbContext>();
        await using var transaction = await engine.BeginWrite(db, ct);
        var claimed = await db.Set<OutboxDelivery>()
            .FromSqlRaw(sql.Claim, token, LeaseMilliseconds, subscriber, BatchSize)
            .IgnoreQueryFilters()
            .AsNoTracking()
            .ToListAsync(ct);
        if (claimed.Count > 0)
            await transaction.Commit();
        return claimed;
    }

    private async Task KeepLease(string token, CancellationTokenSource lost, CancellationToken done)
    {
        var renewed = clock.GetTimestamp();
        while (!lost.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(options.Value.Lease / 3, clock, done);
                await using var services = scopes.CreateAsyncScope();
                var db = services.ServiceProvider.GetRequiredService<AppDbContext>();
                await using var transaction = await engine.BeginWrite(db, done);
                await db.Database.ExecuteSqlRawAsync(sql.Renew, [LeaseMilliseconds, token], done);
                await transaction.Commit();
                renewed = clock.GetTimestamp();
            }
            catch (OperationCanceledException) when (done.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                LogNotRenewed(error);
                if (clock.GetElapsedTime(renewed) >= options.Value.Lease)
                    await lost.CancelAsync();
            }
        }
    }

    /// <summary>
    /// One scope's deliveries with one save: a commit, and its wait for the disk, is most of what a delivery costs.
    /// </summary>
    /// <returns>Whether it worked. If not, nothing happened, and each is to be tried alone.</returns>
    private async Task<bool> DeliverTogether(
        Subscription subscription,
        List<OutboxDelivery> batch,
        CancellationToken lost
    )
    {
        try
        {
            await Deliver(subscription, batch, TogetherFor, lost);
            return true;
        }
        catch (Exception error)
        {
            LogApart(subscription.Name, batch.Count, error);
            return false;
        }
    }

    private async Task DeliverAlone(Subscription subscription, OutboxDelivery delivery, CancellationToken lost)
    {
        try
        {
            if (IsSpent(delivery))
                throw new TooManyAttemptsException();
            await Deliver(subscription, [delivery], options.Value.Timeout, lost);
        }
        // Somebody else has it, or soon will.
        catch (Exception error) when (error is LeaseLostException || lost.IsCancellationRequested)
        {
            OutboxMetrics.Deliveries.WithLabels(delivery.Subscriber, "lease_lost").Inc();
        }
        catch (Exception error)
        {
            await Fail(delivery, error);
        }
    }

    // Attempts are counted when they begin: the last one took the process down with it.
    private bool IsSpent(OutboxDelivery delivery) => delivery.Attempts > options.Value.MaxAttempts;

    private async Task Deliver(
        Subscription subscription,
        List<OutboxDelivery> batch,
        TimeSpan atMost,
        CancellationToken lost
    )
    {
        using var timeout = new CancellationTokenSource(atMost, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(lost, timeout.Token);
        try
        {
            await Deliver(subscription, batch, both.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !lost.IsCancellationRequested)
        {
            throw new TimeoutException($"{subscription.Name} was not done within {atMost}.");
        }
        OutboxMetrics.Deliveries.WithLabels(subscription.Name, "delivered").Inc(batch.Count);
        deliveries.Pulse.Beat();
    }

    private async Task Deliver(Subscription subscription, List<OutboxDelivery> batch, CancellationToken ct)
    {
        await using var services = scopes.CreateAsyncScope();
        var scope = new Scope(batch[0].Tenant, batch[0].Environment);
        services.ServiceProvider.GetRequiredService<CallContext>().Enter(scope, subscription.Name);
        var db = services.ServiceProvider.GetRequiredService<AppDbContext>();
        var subscriber = (IOutboxSubscriber)services.ServiceProvider.GetRequiredService(subscription.Subscriber);

        foreach (var message in await Messages(db, batch, ct))
        {
            using var activity = Telemetry.Source.StartActivity(
                $"{subscription.Name} {message.Type}",
                ActivityKind.Consumer,
                message.TraceParent
            );
            await subscriber.Handle(message, ct);
        }

        // The subscriber's rows and the deliveries' end are one save. Without the lease's token there is nothing to
        // end: another worker has taken over, and these rows are dropped.
        await using var transaction = await engine.BeginWrite(db, ct);
        await EndHeld(db, batch, ct);
        await db.SaveChangesAsync(ct);
        await services.ServiceProvider.GetRequiredService<WorkSignals>().Flush(ct);
        await transaction.Commit();
    }

    private static async Task<List<OutboxMessage>> Messages(
        AppDbContext db,
        List<OutboxDelivery> batch,
        CancellationToken ct
    )
    {
        var revisions = batch.Select(d => d.Revision).ToList();
        var messages = await db.Set<OutboxMessage>()
            .AsNoTracking()
            .Where(m => revisions.Contains(m.Revision))
            .OrderBy(m => m.Revision)
            .ToListAsync(ct);
        return messages.Count == batch.Count ? messages : throw new UnreadableMessageException("The message is gone.");
    }

    private static async Task EndHeld(AppDbContext db, List<OutboxDelivery> batch, CancellationToken ct)
    {
        var (subscriber, token) = (batch[0].Subscriber, batch[0].LeaseToken);
        var events = batch.Select(d => d.EventId).ToList();
        var ended = await db.Set<OutboxDelivery>()
            .Where(d => d.Subscriber == subscriber && events.Contains(d.EventId) && d.LeaseToken == token)
            .ExecuteDeleteAsync(ct);
        if (ended != batch.Count)
            throw new LeaseLostException();
    }

    private async Task Fail(OutboxDelivery delivery, Exception error)
    {
        var hopeless =
            error is UnreadableMessageException or TooManyAttemptsException
            || delivery.Attempts >= options.Value.MaxAttempts;
        LogFailed(delivery.Subscriber, delivery.EventId, delivery.Attempts, hopeless, error);
        try
        {
            await using var services = scopes.CreateAsyncScope();
            var call = services.ServiceProvider.GetRequiredService<CallContext>();
            call.Enter(new Scope(delivery.Tenant, delivery.Environment), delivery.Subscriber);
            var db = services.ServiceProvider.GetRequiredService<AppDbContext>();
            await using var transaction = await engine.BeginWrite(db, CancellationToken.None);
            if (hopeless)
                await Bury(db, delivery, error);
            else
                await Postpone(db, delivery, error);
            await transaction.Commit();
            OutboxMetrics.Deliveries.WithLabels(delivery.Subscriber, hopeless ? "dead" : "failed").Inc();
            deliveries.Pulse.Beat();
        }
        catch (Exception second)
        {
            // The lease runs out and the delivery is taken up again.
            LogNotNoted(delivery.Subscriber, delivery.EventId, second);
        }
    }

    private async Task Bury(AppDbContext db, OutboxDelivery delivery, Exception error)
    {
        await EndHeld(db, [delivery], CancellationToken.None);
        db.Add(DeadLetter.Of(delivery, clock.Now(), Shortened(error)));
        await db.SaveChangesAsync(CancellationToken.None);
    }

    private async Task Postpone(AppDbContext db, OutboxDelivery delivery, Exception error)
    {
        var wait = (long)options.Value.BackoffAfter(delivery.Attempts, Random.Shared).TotalMilliseconds;
        await db.Database.ExecuteSqlRawAsync(
            sql.Postpone,
            wait,
            Shortened(error),
            delivery.Subscriber,
            delivery.EventId,
            delivery.LeaseToken!
        );
    }

    private static string Shortened(Exception error)
    {
        var text = $"{error.GetType().Name}: {error.Message}";
        return text.Length <= 500 ? text : text[..500];
    }

    private sealed class TooManyAttemptsException() : Exception("The last attempt ended with the process.");

    [LoggerMessage(Level = LogLevel.Error, Message = "{Subscriber} can't look for deliveries; it will go on trying")]
    private partial void LogCannotLook(string subscriber, Exception error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Subscriber} handles {Count} messages one by one")]
    private partial void LogApart(string subscriber, int count, Exception error);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Subscriber} failed at {Delivery}, attempt {Attempt}, dead: {Dead}"
    )]
    private partial void LogFailed(string subscriber, string delivery, int attempt, bool dead, Exception error);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{Subscriber}'s failure at {EventId} could not be noted; it is tried again when the lease is over"
    )]
    private partial void LogNotNoted(string subscriber, string eventId, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A lease could not be renewed")]
    private partial void LogNotRenewed(Exception error);
}
