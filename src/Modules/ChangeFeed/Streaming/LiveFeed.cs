using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using Microsoft.Extensions.Logging;

namespace FeatureFlags.ChangeFeed.Streaming;

/// <summary>
/// What happens from now on in the scopes that somebody listens to. However many do, each scope is read once on this
/// node: by a reader that comes with the first listener and goes with the last.
/// </summary>
internal sealed partial class LiveFeed(EventLog log, TimeProvider clock, ILogger<LiveFeed> logger) : IScopeFollower
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly Dictionary<Scope, Reader> _readers = [];

    /// <summary>Listens to a scope.</summary>
    /// <param name="head">How far the caller has read itself; the telling may begin before or after it.</param>
    public Seat Join(ScopeHead head)
    {
        lock (_lock)
        {
            if (!_readers.TryGetValue(head.Scope, out var reader))
            {
                _readers[head.Scope] = reader = new Reader(new Broadcast(head));
                _ = Task.Run(() => Read(reader));
            }
            reader.Seats++;
            return new Seat(this, reader);
        }
    }

    /// <inheritdoc/>
    public Task Follow(ScopeHead head, CancellationToken ct)
    {
        // Only a signal: whoever wrote does not wait for readers.
        lock (_lock)
        {
            if (_readers.TryGetValue(head.Scope, out var reader))
                reader.Moved.Beat();
        }
        return Task.CompletedTask;
    }

    private async Task Read(Reader reader)
    {
        var stopping = reader.Stopping.Token;
        var failing = false;
        try
        {
            while (true)
            {
                var moved = reader.Moved.Next;
                try
                {
                    var page = await log.After(reader.Broadcast.Position, stopping);
                    reader.Broadcast.Tell(page.Events);
                    failing = false;
                    if (reader.Broadcast.Position.Revision < page.Head.Revision)
                        continue;
                }
                catch (Exception error) when (!stopping.IsCancellationRequested)
                {
                    // Once per outage. Its listeners stay: nothing is lost while the database is away.
                    if (!failing)
                        LogFailed(reader.Broadcast.Position.Scope, error);
                    failing = true;
                    await Task.Delay(RetryAfter, clock, stopping);
                    continue;
                }
                await moved.WaitAsync(stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested) { }
    }

    private void Leave(Reader reader, Listener listener)
    {
        reader.Broadcast.Leave(listener);
        lock (_lock)
        {
            if (--reader.Seats > 0)
                return;
            _readers.Remove(reader.Broadcast.Position.Scope);
        }
        reader.Stopping.Cancel();
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The events of {Scope} can't be read; tried again until they can"
    )]
    private partial void LogFailed(Scope scope, Exception error);

    /// <summary>One listener's stay; disposing ends it.</summary>
    internal sealed class Seat(LiveFeed feed, Reader reader) : IDisposable
    {
        public Listener Listener { get; } = reader.Broadcast.Join();

        public void Dispose() => feed.Leave(reader, Listener);
    }

    internal sealed class Reader(Broadcast broadcast)
    {
        public Broadcast Broadcast => broadcast;

        public Pulse Moved { get; } = new();

        public CancellationTokenSource Stopping { get; } = new();

        public int Seats { get; set; }
    }
}
