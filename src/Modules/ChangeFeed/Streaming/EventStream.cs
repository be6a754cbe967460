using System.IO.Pipelines;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;

namespace FeatureFlags.ChangeFeed.Streaming;

/// <summary>
/// One client's stream. It reads the log until it has caught up, goes live, and back to the log whenever it could not
/// keep up with what is live; as both go by revision, nothing is lost or repeated in between.
/// </summary>
/// <param name="cursor">What the client has.</param>
/// <param name="types">The types of events it wants; null: all.</param>
internal sealed class EventStream(
    EventLog log,
    LiveFeed live,
    IDatabaseEngine engine,
    TimeProvider clock,
    PipeWriter output,
    ScopeHead cursor,
    IReadOnlySet<string>? types,
    StreamEnd end
)
{
    /// <summary>How often a client is told its cursor, so that one that hears of few events keeps a young one.</summary>
    public static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(15);

    /// <summary>A client that takes nothing for so long is not waited for any more.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private ScopeHead _cursor = cursor;

    /// <summary>Ends when <paramref name="end"/> says so.</summary>
    public async Task Run(EventPage first)
    {
        try
        {
            var head = await CatchUp(first);
            while (true)
            {
                using var seat = live.Join(head);
                // The telling may have begun after what was read.
                if (seat.Listener.Start.Revision > _cursor.Revision)
                    await CatchUp(await log.After(_cursor, end.Token));
                await Follow(seat.Listener);
                head = await CatchUp(await log.After(_cursor, end.Token));
            }
        }
        catch (OperationCanceledException) when (end.Token.IsCancellationRequested) { }
        catch (Exception error) when (engine.IsUnavailable(error))
        {
            // The client comes back, with its cursor, to a host that has a database.
            end.Because(StreamEnd.Unavailable);
        }
    }

    /// <summary>Sends what the log has, page by page.</summary>
    /// <returns>How far the log went at the end.</returns>
    private async Task<ScopeHead> CatchUp(EventPage page)
    {
        while (true)
        {
            foreach (var next in page.Events)
                await Tell(next);
            await Send(FeedEvent.Heartbeat(_cursor.Revision));
            if (_cursor.Revision >= page.Head.Revision)
                return page.Head;
            page = await log.After(_cursor, end.Token);
        }
    }

    /// <summary>Sends what happens, until the listener is let go.</summary>
    private async Task Follow(Listener listener)
    {
        using var heartbeats = new PeriodicTimer(HeartbeatEvery, clock);
        var heartbeat = heartbeats.WaitForNextTickAsync(end.Token).AsTask();
        var more = listener.Events.WaitToReadAsync(end.Token).AsTask();
        while (true)
        {
            await Task.WhenAny(more, heartbeat);
            if (heartbeat.IsCompleted)
            {
                await heartbeat;
                await Send(FeedEvent.Heartbeat(_cursor.Revision));
                heartbeat = heartbeats.WaitForNextTickAsync(end.Token).AsTask();
            }
            if (more.IsCompleted)
            {
                if (!await more)
                    return;
                while (listener.Events.TryRead(out var next))
                    await Tell(next);
                more = listener.Events.WaitToReadAsync(end.Token).AsTask();
            }
        }
    }

    private async Task Tell(FeedEvent next)
    {
        // At the seam the same event may come from the log and from the telling.
        if (!next.IsReset && next.At.Revision <= _cursor.Revision)
            return;

        if (next.IsReset || types is null || types.Contains(next.Type))
        {
            await Send(next.Frame);
            FeedMetrics.Sent.Inc();
        }
        _cursor = next.At;
    }

    private async ValueTask Send(ReadOnlyMemory<byte> frame)
    {
        var sent = output.WriteAsync(frame, end.Token);
        if (sent.IsCompletedSuccessfully)
            return;
        try
        {
            await sent.AsTask().WaitAsync(Patience, clock, end.Token);
        }
        catch (TimeoutException)
        {
            end.Because(StreamEnd.Slow);
            end.Token.ThrowIfCancellationRequested();
        }
    }
}
