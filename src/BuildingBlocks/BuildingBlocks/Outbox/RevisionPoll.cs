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
/// was ever written to.
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

    private TimeSpan Rest => options.Value.RevisionPoll > Breath ? options.Value.RevisionPoll - Breath : TimeSpan.Zero;

    private readonly Dictionary<Scope, ScopeHead> _known = [];
    private readonly HashSet<(IScopeFollower, Scope)> _failing = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.WhenReady(stoppingToken);
        while (true)
        {
            var hinted = hint.Pulse.Next;
            try
            {
                database.IsAway = !await Look(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                // Once per outage: the next line of interest is the one that says it is over.
                if (!database.IsAway)
                    LogFailed(error);
                database.IsAway = true;
            }
            await Task.Delay(Breath, clock, stoppingToken);
            await Pulse.Await(hinted, Rest, clock, stoppingToken);
        }
    }

    /// <returns>Whether what is in memory here is what the database had.</returns>
    private async Task<bool> Look(CancellationToken ct)
    {
        await using var services = scopes.CreateAsyncScope();
        var db = services.ServiceProvider.GetRequiredService<AppDbContext>();
        var heads = await db.Set<ScopeRevision>()
            .AsNoTracking()
            .Select(r => new ScopeHead(new Scope(r.Tenant, r.Environment), r.Revision, r.HeadEventId))
            .ToListAsync(ct);

        var all = true;
        foreach (var head in heads)
        {
            if (_known.TryGetValue(head.Scope, out var known) && known == head)
                continue;
            if (await Tell(head, ct))
                _known[head.Scope] = head;
            else
                all = false;
        }
        return all;
    }

    /// <returns>Whether every follower took it in; else it is told again at the next look.</returns>
    private async Task<bool> Tell(ScopeHead head, CancellationToken ct)
    {
        var all = true;
        foreach (var follower in followers)
        {
            try
            {
                await follower.Follow(head, ct);
            }
            catch (Exception error) when (!ct.IsCancellationRequested)
            {
                // A scope that can't be followed keeps no other from it. Said once, until something succeeds.
                all = false;
                if (_failing.Add((follower, head.Scope)))
                    LogNotFollowed(follower.GetType().Name, head.Scope, head.Revision, error);
                continue;
            }
            _failing.Remove((follower, head.Scope));
        }
        return all;
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Follower} can't follow {Scope} to {Revision}; it goes on trying"
    )]
    private partial void LogNotFollowed(string follower, Scope scope, long revision, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Revisions can't be read; answers come from memory meanwhile")]
    private partial void LogFailed(Exception error);
}
