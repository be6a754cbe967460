using System.Globalization;
using System.Text;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Streaming;
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
        return new(
            head,
            message.Type,
            StreamFrame.Event(IdOf(message.Revision), message.Type, Envelope.Of(message).ToUtf8())
        );
    }

    public static FeedEvent Reset(ScopeHead head) =>
        new(
            head,
            ResetType,
            StreamFrame.Event(IdOf(head.Revision), ResetType, Encoding.UTF8.GetBytes(IdOf(head.Revision)))
        );

    /// <summary>The cursor of a client that has everything up to this revision.</summary>
    public static string IdOf(long revision) => revision.ToString(CultureInfo.InvariantCulture);
}
