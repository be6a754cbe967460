using System.Text;

namespace FeatureFlags.BuildingBlocks.Streaming;

/// <summary>
/// What is sent over an event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html), in its bytes.
/// </summary>
public static class StreamFrame
{
    private static ReadOnlySpan<byte> End => "\n\n"u8;

    /// <param name="id">The client's cursor once it has the event.</param>
    /// <param name="type">Null: clients take it as a <c>message</c>.</param>
    /// <param name="data">One line of UTF-8.</param>
    public static ReadOnlyMemory<byte> Event(string id, string? type, ReadOnlySpan<byte> data)
    {
        var named = type is null ? "" : $"event: {type}\n";
        return (byte[])[.. Encoding.UTF8.GetBytes($"id: {id}\n{named}data: "), .. data, .. End];
    }

    /// <summary>The data within an event's bytes.</summary>
    /// <param name="length">Its length.</param>
    public static ReadOnlyMemory<byte> Data(ReadOnlyMemory<byte> frame, int length) =>
        frame.Slice(frame.Length - End.Length - length, length);

    /// <summary>
    /// Moves the client's cursor and is no event: a block without data sets the last event id and dispatches nothing.
    /// </summary>
    public static ReadOnlyMemory<byte> Heartbeat(string id) => Encoding.UTF8.GetBytes($": heartbeat\nid: {id}\n\n");
}
