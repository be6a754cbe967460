namespace FeatureFlags.BuildingBlocks.Outbox;

/// <summary>How far a scope has come: its latest revision and the event that made it.</summary>
public readonly record struct ScopeHead(Scope Scope, long Revision, string EventId);

/// <summary>
/// Told on every node that a scope has moved on; what changed is read from the outbox. Called after the commit on the
/// node that wrote, before its answer returns, and from the poll of revisions on the others. Calls may repeat, come
/// out of order, and fail: the poll comes again.
/// </summary>
public interface IScopeFollower
{
    Task Follow(ScopeHead head, CancellationToken ct);
}

/// <summary>
/// Handles every message once in the cluster, each entity's in order. Rows that it adds to the context are saved
/// together with the delivery's end: that effect happens exactly once. Any other effect must bear repetition; the
/// message's event id tells a repeated one. It is meant for quick work on the database (what waits for others keeps a
/// queue of its own), so it may be handed several messages of a scope in turn, whose rows are saved together; when one
/// of them fails, nothing is saved and each is handed over again alone.
/// </summary>
public interface IOutboxSubscriber
{
    /// <exception cref="UnreadableMessageException">No retry will help.</exception>
    Task Handle(OutboxMessage message, CancellationToken ct);
}

/// <summary>The message can't be handled, now or later: it becomes a dead letter at once.</summary>
public sealed class UnreadableMessageException(string message) : Exception(message);

/// <summary>A subscriber under the name that its delivery rows carry; the name must never change.</summary>
internal sealed record Subscription(string Name, Type Subscriber);
