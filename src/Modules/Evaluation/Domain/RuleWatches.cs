using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;

namespace FeatureFlags.Evaluation.Domain;

/// <summary>Who waits for the rules of which scope. Scopes that nobody waits for cost nothing.</summary>
internal sealed class RuleWatches
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Scope, Watched> _watched = [];

    public RuleWatch Begin(Scope scope)
    {
        lock (_lock)
        {
            if (!_watched.TryGetValue(scope, out var watched))
                _watched[scope] = watched = new Watched();
            watched.Watchers++;
            return new RuleWatch(watched.Moved, () => End(scope, watched));
        }
    }

    /// <summary>Wakes everyone who waits for this scope.</summary>
    public void Beat(Scope scope)
    {
        lock (_lock)
        {
            if (_watched.TryGetValue(scope, out var watched))
                watched.Moved.Beat();
        }
    }

    private void End(Scope scope, Watched watched)
    {
        lock (_lock)
        {
            if (--watched.Watchers == 0)
                _watched.Remove(scope);
        }
    }

    private sealed class Watched
    {
        public Pulse Moved { get; } = new();

        public int Watchers { get; set; }
    }
}

/// <summary>
/// One waiter's stay. Take <see cref="Next"/> before looking at the rules and await it after: a move in between is not
/// lost. It says only that they may be others than before, however often they have moved.
/// </summary>
internal sealed class RuleWatch(Pulse moved, Action end) : IDisposable
{
    public Task Next => moved.Next;

    public void Dispose() => end();
}
