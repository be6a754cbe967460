using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FeatureFlags.BuildingBlocks.Outbox;

/// <summary>
/// Reads the revisions of all scopes every little while, and when another host hints at it, and tells the followers which
/// have moved: how a node learns of another's writes, and how it catches up after anything it missed. A row per scope that
/// was ever written to. Each follower goes at its own pace, from the newest look to the then newest, so that none waits
/// for another.
/// </summary>
internal sealed partial class RevisionPoll(
    IServiceScopeFactory scopes,
    IEnumerable<IScopeFollower> followers,
    DatabaseStatus database,
    RevisionHint hint,
    IOptions<OutboxOptions> options,
    TimeProvider clock,
    ILogger<RevisionPoll> log
) : BackgroundService
{
    // However fast hints come: each look reads every scope's revision.
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(25);

    private readonly Lock _lock = new();
    private readonly Pulse _looked = new();

    private volatile Look _newest = new(0, []);

    // The look that each follower has followed whole; 0 while it can't.
    private readonly Dictionary<IScopeFollower, int> _followed = [];
    private int _firstSinceFailure = 1;

    private TimeSpan Rest => options.Value.RevisionPoll > Breath ? options.Value.RevisionPoll - Breath : TimeSpan.Zero;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.WhenReady(stoppingToken);
        await Task.WhenAll([Read(stoppingToken), .. followers.Select(follower => Tell(follower, stoppingToken))]);
    }

    private async Task Read(CancellationToken ct)
    {
        while (true)
        {
            var hinted = hint.Pulse.Next;
            try
            {
                _newest = new Look(_newest.Number + 1, await ReadHeads(ct));
                _looked.Beat();
            }
            catch (Exception error) when (!ct.IsCancellationRequested)
            {
                // Once per outage: the next line of interest is the one that says it is over.
                if (!database.IsAway)
                    LogFailed(error);
                Miss();
            }
            await Task.Delay(Breath, clock, ct);
            await Pulse.Await(hinted, Rest, clock, ct);
        }
    }

    private async Task<IReadOnlyList<ScopeHead>> ReadHeads(CancellationToken ct)
    {
        await using var services = scopes.CreateAsyncScope();
        return await services
            .ServiceProvider.GetRequiredService<AppDbContext>()
            .Set<ScopeRevision>()
            .AsNoTracking()
            .Select(r => new ScopeHead(new Scope(r.Tenant, r.Environment), r.Revision, r.HeadEventId))
            .ToListAsync(ct);
    }

    private async Task Tell(IScopeFollower follower, CancellationToken ct)
    {
        var known = new Dictionary<Scope, ScopeHead>();
        var failing = new HashSet<Scope>();
        while (true)
        {
            var next = _looked.Next;
            var look = _newest;
            var all = true;
            foreach (var head in look.Heads)
            {
                if (known.TryGetValue(head.Scope, out var followed) && followed == head)
                    continue;
                try
                {
                    await follower.Follow(head, ct);
                    known[head.Scope] = head;
                    failing.Remove(head.Scope);
                }
                catch (Exception error) when (!ct.IsCancellationRequested)
                {
                    // A scope that can't be followed keeps no other from it, and is told again at the next look. Said
                    // once, until it succeeds.
                    all = false;
                    if (failing.Add(head.Scope))
                        LogNotFollowed(follower.GetType().Name, head.Scope, head.Revision, error);
                }
            }
            Settle(follower, look.Number, all);
            await next.WaitAsync(ct);
        }
    }

    private void Miss()
    {
        lock (_lock)
        {
            _firstSinceFailure = _newest.Number + 1;
            database.IsAway = true;
        }
    }

    /// <summary>
    /// What is in memory here is what the database had when every follower has followed a look since it was missed.
    /// </summary>
    private void Settle(IScopeFollower follower, int look, bool all)
    {
        lock (_lock)
        {
            _followed[follower] = all ? look : 0;
            if (!all)
                database.IsAway = true;
            else if (followers.All(f => _followed.GetValueOrDefault(f) >= _firstSinceFailure))
                database.IsAway = false;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Follower} can't follow {Scope} to {Revision}; it goes on trying"
    )]
    private partial void LogNotFollowed(string follower, Scope scope, long revision, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Revisions can't be read; answers come from memory meanwhile")]
    private partial void LogFailed(Exception error);

    /// <summary>What was read of all scopes at one time.</summary>
    private sealed record Look(int Number, IReadOnlyList<ScopeHead> Heads);
}
