using Microsoft.Extensions.Logging;

namespace FeatureFlags.BuildingBlocks.Outbox;

/// <summary>Says on this node that a scope has moved on. The write stands: nothing here can fail it any more.</summary>
internal sealed partial class Committed(
    IEnumerable<IScopeFollower> followers,
    CommitPulse commits,
    ILogger<Committed> log
)
{
    public async Task Announce(ScopeHead head)
    {
        foreach (var follower in followers)
        {
            try
            {
                await follower.Follow(head, CancellationToken.None);
            }
            catch (Exception error)
            {
                // The poll of revisions brings it up again; the caller's write is acknowledged all the same.
                LogFailed(follower.GetType().Name, head.Scope, head.Revision, error);
            }
        }
        commits.Pulse.Beat();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Follower} could not follow {Scope} to revision {Revision}")]
    private partial void LogFailed(string follower, Scope scope, long revision, Exception error);
}
