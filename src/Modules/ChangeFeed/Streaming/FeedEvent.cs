using System.Text;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.ChangeFeed.Domain;

namespace FeatureFlags.ChangeFeed.Streaming;

/// <summary>
/// Something to tell the clients of a scope, written once for all of them in the form of an event stream
/// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
/// </summary>
/// <param name="At">Where the scope stands after it.</param>
/// <param name="Type">The event's type; <see cref="ResetType"/> when the line is broken.</param>
internal sealed record FeedEvent(ScopeHead At, string Type, ReadOnlyMemory<byte> Frame)
{
    /// <summary>The client can't go on from where it was: what it holds has to be read anew.</summary>
    public const string ResetType = "reset";

    public bool IsReset => Type == ResetType;

    public static FeedEvent Of(OutboxMessage message)
    {
        var head = new ScopeHead(new(message.Tenant, message.Environment), message.Revision, message.EventId);
        var start = Encoding.UTF8.GetBytes($"id: {message.Revision}\nevent: {message.Type}\ndata: ");
        return new(head, message.Type, (byte[])[.. start, .. Envelope.Of(message).ToUtf8(), .. "\n\n"u8]);
    }

    public static FeedEvent Reset(ScopeHead head) =>
        new(
            head,
            ResetType,
            Encoding.UTF8.GetBytes($"id: {head.Revision}\nevent: {ResetType}\ndata: {head.Revision}\n\n")
        );

    /// <summary>
    /// Moves the client's cursor and is no event: a block without data sets the last event id and dispatches nothing.
    /// </summary>
    public static ReadOnlyMemory<byte> Heartbeat(long revision) =>
        Encoding.UTF8.GetBytes($": heartbeat\nid: {revision}\n\n");
}
