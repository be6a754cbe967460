using FeatureFlags.BuildingBlocks.Domain;

namespace FeatureFlags.BuildingBlocks.Outbox;

/// <summary>
/// The revision of a scope: a dense count of its changes in commit order. Taken first in each write, so that the row's
/// lock puts the scope's writes in one line.
/// </summary>
public sealed class ScopeRevision
{
    public required string Tenant { get; init; }
    public required string Environment { get; init; }

    /// <summary>The latest change; 0 before the first.</summary>
    public long Revision { get; init; }

    /// <summary>Messages up to this revision may be gone: a cursor below it can't be resumed.</summary>
    public long MinRevision { get; init; }

    /// <summary>The event id at <see cref="Revision"/>: tells a restored database from the one that was read before.</summary>
    public string HeadEventId { get; init; } = "";
}

/// <summary>One change, kept for every subscriber and for resuming streams.</summary>
public sealed class OutboxMessage : IScoped
{
    public required string EventId { get; init; }
    public required string Tenant { get; init; }
    public required string Environment { get; init; }
    public required long Revision { get; init; }

    /// <summary>The event's name, e.g. <c>flag.updated</c>.</summary>
    public required string Type { get; init; }
    public required string Entity { get; init; }
    public required string Action { get; init; }
    public required string EntityKey { get; init; }
    public required long EntityVersion { get; init; }
    public required string Actor { get; init; }
    public string? RequestId { get; init; }
    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>The entity before the change as JSON; null for a creation.</summary>
    public string? Before { get; init; }

    /// <summary>The entity after the change as JSON; null for a deletion.</summary>
    public string? After { get; init; }

    /// <summary>The W3C trace context of the write, which deliveries go on with.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>A message that one subscriber has yet to handle. The row is gone once it has.</summary>
public sealed class OutboxDelivery : IScoped
{
    public required string Subscriber { get; init; }
    public required string EventId { get; init; }
    public required string Tenant { get; init; }
    public required string Environment { get; init; }
    public required long Revision { get; init; }
    public required string Entity { get; init; }
    public required string EntityKey { get; init; }

    /// <summary>How often it was taken up; counted when taken, so that work which kills the process counts too.</summary>
    public int Attempts { get; init; }
    public DateTimeOffset NextAttemptAt { get; init; } = DateTimeOffset.UnixEpoch;

    /// <summary>Until when the holder of <see cref="LeaseToken"/> may work on it, by the database's clock.</summary>
    public DateTimeOffset? LeaseUntil { get; init; }

    /// <summary>The fencing token: only who still holds it may finish the delivery.</summary>
    public string? LeaseToken { get; init; }
    public string? LastError { get; init; }
}

/// <summary>
/// A delivery that was given up. It holds retention back until it is retried or discarded, so that nothing
/// undelivered is ever deleted.
/// </summary>
internal sealed class DeadLetter : AggregateRoot, IScoped
{
    /// <summary>The event's id and the subscriber that gave up on it.</summary>
    public required string Id { get; init; }
    public required string Subscriber { get; init; }
    public required string EventId { get; init; }
    public required string Tenant { get; init; }
    public required string Environment { get; init; }
    public required long Revision { get; init; }
    public required string Entity { get; init; }
    public required string EntityKey { get; init; }
    public required int Attempts { get; init; }
    public required DateTimeOffset DiedAt { get; init; }
    public required string LastError { get; init; }

    public static DeadLetter Of(OutboxDelivery delivery, DateTimeOffset now, string error) =>
        new()
        {
            Id = $"{delivery.EventId}.{delivery.Subscriber}",
            Subscriber = delivery.Subscriber,
            EventId = delivery.EventId,
            Tenant = delivery.Tenant,
            Environment = delivery.Environment,
            Revision = delivery.Revision,
            Entity = delivery.Entity,
            EntityKey = delivery.EntityKey,
            Attempts = delivery.Attempts,
            DiedAt = now,
            LastError = error,
        };

    /// <summary>The same delivery, due at once with its attempts counted anew.</summary>
    public OutboxDelivery Retry()
    {
        Raise(new Change("dead_letter", "retried", Id, Version: 1, Before: null, After: null));
        return new OutboxDelivery
        {
            Subscriber = Subscriber,
            EventId = EventId,
            Tenant = Tenant,
            Environment = Environment,
            Revision = Revision,
            Entity = Entity,
            EntityKey = EntityKey,
        };
    }

    public void Discard() => Raise(new Change("dead_letter", "discarded", Id, Version: 1, Before: null, After: null));
}
