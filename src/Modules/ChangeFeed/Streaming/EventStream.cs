using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Streaming;

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
    StreamConnection stream,
    ScopeHead cursor,
    IReadOnlySet<string>? types
)
{
    private ScopeHead _cursor = cursor;

    /// <summary>Goes on until the stream is over.</summary>
    public async Task Run(EventPage first)
    {
        var head = await CatchUp(first);
        while (true)
        {
            using var seat = live.Join(head);
            // The telling may have begun after what was read.
            if (seat.Listener.Start.Revision > _cursor.Revision)
                await CatchUp(await log.After(_cursor, stream.Ended));
            await Follow(seat.Listener);
            head = await CatchUp(await log.After(_cursor, stream.Ended));
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
            await stream.SendHeartbeat(Cursor());
            if (_cursor.Revision >= page.Head.Revision)
                return page.Head;
            page = await log.After(_cursor, stream.Ended);
        }
    }

    /// <summary>Sends what happens, until the listener is let go.</summary>
    private async Task Follow(Listener listener)
    {
        while (true)
        {
            var more = listener.Events.WaitToReadAsync(stream.Ended).AsTask();
            await stream.WaitFor(more, Cursor);
            if (!await more)
                return;
            while (listener.Events.TryRead(out var next))
                await Tell(next);
        }
    }

    private async Task Tell(FeedEvent next)
    {
        // At the seam the same event may come from the log and from the telling.
        if (!next.IsReset && next.At.Revision <= _cursor.Revision)
            return;

        if (next.IsReset || types is null || types.Contains(next.Type))
            await stream.SendEvent(next.Frame);
        _cursor = next.At;
    }

    private string Cursor() => FeedEvent.IdOf(_cursor.Revision);
}
