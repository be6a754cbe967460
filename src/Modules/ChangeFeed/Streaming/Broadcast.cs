using System.Threading.Channels;
using FeatureFlags.BuildingBlocks.Outbox;

namespace FeatureFlags.ChangeFeed.Streaming;

/// <summary>
/// Hands one scope's events to everyone who listens on this node, in order. A listener that can't keep up is let go,
/// so that it holds up nobody and nothing is kept for it: it finds what it missed in the log.
/// </summary>
/// <param name="position">Where the telling begins.</param>
internal sealed class Broadcast(ScopeHead position)
{
    private readonly Lock _lock = new();
    private readonly List<Listener> _listeners = [];
    private ScopeHead _position = position;

    /// <summary>What was told last.</summary>
    public ScopeHead Position
    {
        get
        {
            lock (_lock)
                return _position;
        }
    }

    /// <summary>Tells the new listener everything after <see cref="Listener.Start"/>.</summary>
    public Listener Join()
    {
        lock (_lock)
        {
            var listener = new Listener(_position);
            _listeners.Add(listener);
            return listener;
        }
    }

    public void Leave(Listener listener)
    {
        lock (_lock)
            _listeners.Remove(listener);
    }

    public void Tell(IReadOnlyList<FeedEvent> events)
    {
        lock (_lock)
        {
            foreach (var next in events)
            {
                _position = next.At;
                _listeners.RemoveAll(listener => !listener.Offer(next));
            }
        }
    }
}

/// <summary>A place in the audience: events wait here until its client has taken the ones before.</summary>
/// <param name="start">It hears what comes after this.</param>
internal sealed class Listener(ScopeHead start)
{
    /// <summary>A burst as large as this passes without a client noticing; the events are shared by all listeners.</summary>
    public const int Capacity = 256;

    private readonly Channel<FeedEvent> _events = Channel.CreateBounded<FeedEvent>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true }
    );

    public ScopeHead Start => start;

    /// <summary>Ends, after what it holds, when the listener was let go.</summary>
    public ChannelReader<FeedEvent> Events => _events.Reader;

    /// <returns>False when there is no room: then nothing more comes.</returns>
    public bool Offer(FeedEvent next)
    {
        if (_events.Writer.TryWrite(next))
            return true;
        _events.Writer.TryComplete();
        return false;
    }
}
