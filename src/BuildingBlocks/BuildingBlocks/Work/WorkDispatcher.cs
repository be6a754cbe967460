using System.Collections.Concurrent;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FeatureFlags.BuildingBlocks.Work;

/// <summary>A kind of items, who works on them, and how many one host works on at once.</summary>
internal sealed record WorkKind(string Name, Type Worker, int AtOnce);

/// <summary>
/// Hands due items to their workers, each to one host at a time. Any number of replicas may run it: an item is claimed
/// with a lease by the database's clock, renewed while it is worked on, and taken over by another host when the
/// claimer dies.
/// </summary>
internal sealed partial class WorkDispatcher(
    IServiceScopeFactory scopes,
    IEnumerable<WorkKind> kinds,
    CommitPulse commits,
    DeliveryPulse deliveries,
    DatabaseStatus database,
    IDatabaseEngine engine,
    WorkSql sql,
    IOptions<OutboxOptions> options,
    TimeProvider clock,
    ILogger<WorkDispatcher> log
) : BackgroundService
{
    private const int BatchSize = 32;

    // After an error that is not the item's own: the database, most likely.
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Hold> _held = new(StringComparer.Ordinal);

    private long LeaseMilliseconds => (long)options.Value.Lease.TotalMilliseconds;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.WhenReady(stoppingToken);
        using var done = new CancellationTokenSource();
        var renewing = Renew(done.Token);
        // What was taken up is brought to an end even while the host stops, its leases renewed.
        await Task.WhenAll(kinds.Select(kind => Serve(kind, stoppingToken)));
        await done.CancelAsync();
        await renewing;
    }

    private async Task Serve(WorkKind kind, CancellationToken stopping)
    {
        var working = new List<Task>();
        var failing = false;
        try
        {
            while (true)
            {
                var (committed, delivered) = (commits.Pulse.Next, deliveries.Pulse.Next);
                working.RemoveAll(work => work.IsCompleted);
                try
                {
                    var room = Math.Min(BatchSize, kind.AtOnce - working.Count);
                    var claimed = room > 0 ? await Claim(kind.Name, room, stopping) : [];
                    failing = false;
                    if (claimed.Count > 0)
                    {
                        working.AddRange(claimed.Select(item => WorkOn(kind, item, stopping)));
                        continue;
                    }
                }
                catch (Exception error) when (!stopping.IsCancellationRequested)
                {
                    // Once per outage.
                    if (!failing)
                        LogCannotLook(kind.Name, error);
                    failing = true;
                }
                await Pulse.Await(
                    Task.WhenAny([committed, delivered, .. working]),
                    options.Value.Poll,
                    clock,
                    stopping
                );
            }
        }
        // Also of a database that is away just then.
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            await Task.WhenAll(working);
        }
    }

    private async Task<List<WorkItem>> Claim(string kind, int atMost, CancellationToken ct)
    {
        var token = Guid.NewGuid().ToString("N");
        await using var services = scopes.CreateAsyncScope();
        var db = services.ServiceProvider.GetRequiredService<AppDbContext>();
        if (!(await db.Database.SqlQueryRaw<bool>(sql.IsAnyDue, kind).ToListAsync(ct))[0])
            return [];

        await using var transaction = await engine.BeginWrite(db, ct);
        var asked = clock.GetTimestamp();
        var claimed = await db.Set<WorkItem>()
            .FromSqlRaw(sql.Claim, token, LeaseMilliseconds, kind, atMost)
            .IgnoreQueryFilters()
            .AsNoTracking()
            .ToListAsync(ct);
        if (claimed.Count == 0)
            return claimed;
        await transaction.Commit();
        _held[token] = new Hold(claimed.Count, asked);
        return claimed;
    }

    private async Task WorkOn(WorkKind kind, WorkItem item, CancellationToken stopping)
    {
        var hold = _held[item.LeaseToken!];
        var rest = new Rest(AfterFailure);
        try
        {
            await using var services = scopes.CreateAsyncScope();
            var lease = new WorkLease(item, () => clock.GetElapsedTime(hold.RenewedAt) < options.Value.Lease);
            services.ServiceProvider.GetRequiredService<CallContext>().Enter(lease.Scope, kind.Name);
            var worker = (IWorker)services.ServiceProvider.GetRequiredService(kind.Worker);
            rest = await worker.Work(lease, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Another host, or this one after its start, goes on.
            rest = Rest.Turn;
        }
        catch (LeaseLostException)
        {
            LogLost(kind.Name, item.Id);
        }
        catch (Exception error)
        {
            LogFailed(kind.Name, item.Id, error);
        }

        try
        {
            await Release(item, rest);
        }
        catch (Exception error)
        {
            // The lease runs out and the item is taken up again.
            LogNotReleased(kind.Name, item.Id, error);
        }
        if (hold.Leave())
            _held.TryRemove(item.LeaseToken!, out _);
    }

    private async Task Release(WorkItem item, Rest rest)
    {
        await using var services = scopes.CreateAsyncScope();
        services.ServiceProvider.GetRequiredService<CallContext>().Enter(new(item.Tenant, item.Environment), item.Kind);
        var db = services.ServiceProvider.GetRequiredService<AppDbContext>();
        await using var transaction = await engine.BeginWrite(db, CancellationToken.None);
        var isGone = rest.IsGone && await Delete(db, item);
        if (!isGone)
            await db.Database.ExecuteSqlRawAsync(
                sql.Release,
                rest.For is { } time ? (long)time.TotalMilliseconds : -1L,
                (long)rest.Pause.TotalMilliseconds,
                item.Kind,
                item.Id,
                item.LeaseToken!,
                item.Signals
            );
        await transaction.Commit();
    }

    // Not what was signalled since: whoever did may just have written down something that has to go too.
    private static async Task<bool> Delete(AppDbContext db, WorkItem item) =>
        await db.Set<WorkItem>()
            .Where(w => w.Kind == item.Kind && w.Id == item.Id)
            .Where(w => w.LeaseToken == item.LeaseToken && w.Signals == item.Signals)
            .ExecuteDeleteAsync() > 0;

    private async Task Renew(CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(options.Value.Lease / 3, clock, done);
                foreach (var (token, hold) in _held)
                {
                    await using var services = scopes.CreateAsyncScope();
                    var db = services.ServiceProvider.GetRequiredService<AppDbContext>();
                    await using var transaction = await engine.BeginWrite(db, done);
                    var asked = clock.GetTimestamp();
                    var renewed = await db.Database.ExecuteSqlRawAsync(sql.Renew, [LeaseMilliseconds, token], done);
                    await transaction.Commit();
                    // None: it has run out, and others may hold the items by now.
                    if (renewed > 0)
                        hold.RenewedAt = asked;
                }
            }
            catch (OperationCanceledException) when (done.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // Whoever works asks by the clock whether the lease still holds.
                LogNotRenewed(error);
            }
        }
    }

    /// <summary>The items claimed together, under one token.</summary>
    private sealed class Hold(int items, long since)
    {
        private int _items = items;
        private long _renewedAt = since;

        public long RenewedAt
        {
            get => Interlocked.Read(ref _renewedAt);
            set => Interlocked.Exchange(ref _renewedAt, value);
        }

        /// <returns>Whether it was the last.</returns>
        public bool Leave() => Interlocked.Decrement(ref _items) == 0;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Work for {Kind} can't be looked for; tried again until it can")]
    private partial void LogCannotLook(string kind, Exception error);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The lease on {Kind} {Id} was lost: another host goes on with it"
    )]
    private partial void LogLost(string kind, string id);

    [LoggerMessage(Level = LogLevel.Error, Message = "Work on {Kind} {Id} failed; it is taken up again")]
    private partial void LogFailed(string kind, string id, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Kind} {Id} could not be released; its lease runs out")]
    private partial void LogNotReleased(string kind, string id, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Leases could not be renewed")]
    private partial void LogNotRenewed(Exception error);
}
