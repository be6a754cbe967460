using System.Diagnostics;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FeatureFlags.BuildingBlocks.Outbox;

/// <summary>
/// Hands each message to each once-only subscriber. Every subscriber has a loop of its own: one that fails or is slow
/// holds nobody else back. Any number of replicas may run it.
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
    private const int Parallelism = 4;

    private long LeaseMilliseconds => (long)options.Value.Lease.TotalMilliseconds;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.WhenReady(stoppingToken);
        await Task.WhenAll(subscriptions.Select(subscription => Serve(subscription, stoppingToken)));
    }

    private async Task Serve(Subscription subscription, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var beat = commits.Pulse.Next;
            try
            {
                if (await DispatchDue(subscription, stopping) > 0)
                    continue;
            }
            catch (Exception error) when (!stopping.IsCancellationRequested)
            {
                LogRoundFailed(subscription.Name, error);
            }
            await Pulse.Await(beat, options.Value.Poll, clock, stopping);
        }
    }

    /// <returns>How many deliveries were taken up.</returns>
    private async Task<int> DispatchDue(Subscription subscription, CancellationToken stopping)
    {
        var token = Guid.NewGuid().ToString("N");
        var claimed = await Claim(subscription.Name, token, stopping);
        if (claimed.Count == 0)
            return 0;

        using var lost = new CancellationTokenSource();
        using var done = new CancellationTokenSource();
        var renewing = KeepLease(token, lost, done.Token);
        try
        {
            // What was claimed is finished even while the host stops: its lease is paid for.
            await Parallel.ForEachAsync(
                claimed,
                new ParallelOptions
                {
                    MaxDegreeOfParallelism = Parallelism,
                    CancellationToken = CancellationToken.None,
                },
                async (delivery, _) => await Deliver(subscription, delivery, lost.Token)
            );
        }
        finally
        {
            await done.CancelAsync();
            await renewing;
        }
        return claimed.Count;
    }

    private async Task<List<OutboxDelivery>> Claim(string subscriber, string token, CancellationToken ct)
    {
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
        try
        {
            while (true)
            {
                await Task.Delay(options.Value.Lease / 3, clock, done);
                await using var services = scopes.CreateAsyncScope();
                var db = services.ServiceProvider.GetRequiredService<AppDbContext>();
                await using var transaction = await engine.BeginWrite(db, done);
                await db.Database.ExecuteSqlRawAsync(sql.Renew, [LeaseMilliseconds, token], done);
                await transaction.Commit();
            }
        }
        catch (OperationCanceledException) when (done.IsCancellationRequested) { }
        catch (Exception error)
        {
            LogLeaseLost(error);
            await lost.CancelAsync();
        }
    }

    private async Task Deliver(Subscription subscription, OutboxDelivery delivery, CancellationToken lost)
    {
        try
        {
            await using var services = scopes.CreateAsyncScope();
            var (db, message) = await Open(services.ServiceProvider, subscription, delivery, lost);
            using var activity = Telemetry.Source.StartActivity(
                $"{subscription.Name} {message.Type}",
                ActivityKind.Consumer,
                message.TraceParent
            );
            var subscriber = (IOutboxSubscriber)services.ServiceProvider.GetRequiredService(subscription.Subscriber);
            await subscriber.Handle(message, lost);
            await Finish(db, delivery, lost);
            OutboxMetrics.Deliveries.WithLabels(subscription.Name, "delivered").Inc();
        }
        catch (Exception error)
        {
            await Fail(delivery, error);
        }
        deliveries.Pulse.Beat();
    }

    private static async Task<(AppDbContext, OutboxMessage)> Open(
        IServiceProvider services,
        Subscription subscription,
        OutboxDelivery delivery,
        CancellationToken ct
    )
    {
        services
            .GetRequiredService<CallContext>()
            .Enter(new Scope(delivery.Tenant, delivery.Environment), subscription.Name);
        var db = services.GetRequiredService<AppDbContext>();
        var message = await db.Set<OutboxMessage>()
            .AsNoTracking()
            .SingleOrDefaultAsync(m => m.Revision == delivery.Revision, ct);
        return (db, message ?? throw new UnreadableMessageException("The message is gone."));
    }

    // The subscriber's rows and the delivery's end are one save. Without the lease's token there is nothing to end:
    // another worker has taken the delivery over, and these rows are dropped.
    private async Task Finish(AppDbContext db, OutboxDelivery delivery, CancellationToken ct)
    {
        await using var transaction = await engine.BeginWrite(db, ct);
        await EndHeld(db, delivery, ct);
        await db.SaveChangesAsync(ct);
        await transaction.Commit();
    }

    private static async Task EndHeld(AppDbContext db, OutboxDelivery delivery, CancellationToken ct)
    {
        var ended = await Held(db, delivery).ExecuteDeleteAsync(ct);
        if (ended == 0)
            throw new LeaseLostException();
    }

    private static IQueryable<OutboxDelivery> Held(AppDbContext db, OutboxDelivery delivery) =>
        db.Set<OutboxDelivery>()
            .Where(d =>
                d.Subscriber == delivery.Subscriber
                && d.EventId == delivery.EventId
                && d.LeaseToken == delivery.LeaseToken
            );

    private async Task Fail(OutboxDelivery delivery, Exception error)
    {
        if (error is LeaseLostException)
        {
            OutboxMetrics.Deliveries.WithLabels(delivery.Subscriber, "lease_lost").Inc();
            return;
        }

        var hopeless = error is UnreadableMessageException || delivery.Attempts >= options.Value.MaxAttempts;
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
        }
        catch (Exception second)
        {
            // The lease runs out and the delivery is taken up again.
            LogRoundFailed(delivery.Subscriber, second);
        }
    }

    private async Task Bury(AppDbContext db, OutboxDelivery delivery, Exception error)
    {
        await EndHeld(db, delivery, CancellationToken.None);
        db.Add(
            new DeadLetter
            {
                Subscriber = delivery.Subscriber,
                EventId = delivery.EventId,
                Tenant = delivery.Tenant,
                Environment = delivery.Environment,
                Revision = delivery.Revision,
                Entity = delivery.Entity,
                EntityKey = delivery.EntityKey,
                Attempts = delivery.Attempts,
                DiedAt = clock.Now(),
                LastError = Shortened(error),
            }
        );
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

    private sealed class LeaseLostException() : Exception("Another worker has taken the delivery over.");

    [LoggerMessage(Level = LogLevel.Error, Message = "{Subscriber} could not look for deliveries; it will again")]
    private partial void LogRoundFailed(string subscriber, Exception error);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Subscriber} failed at {Delivery}, attempt {Attempt}, dead: {Dead}"
    )]
    private partial void LogFailed(string subscriber, string delivery, int attempt, bool dead, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A lease could not be renewed; its work is given up")]
    private partial void LogLeaseLost(Exception error);
}
