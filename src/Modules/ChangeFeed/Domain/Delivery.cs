using FeatureFlags.BuildingBlocks.Domain;

namespace FeatureFlags.ChangeFeed.Domain;

internal enum DeliveryState
{
    /// <summary>Yet to be made, or to be tried again.</summary>
    Pending,

    /// <summary>The receiver has answered with success.</summary>
    Delivered,

    /// <summary>Given up.</summary>
    Dead,
}

/// <summary>One event on its way to one webhook.</summary>
internal sealed class Delivery : IScoped
{
    /// <summary>The event's id and the webhook's, so that there is one of each pair, and they sort by time.</summary>
    public required string Id { get; init; }
    public required string Tenant { get; init; }
    public required string Environment { get; init; }
    public required string WebhookId { get; init; }
    public required string EventId { get; init; }
    public required string Type { get; init; }

    /// <summary>Entity, key and revision give the order: of one entity nothing is sent before what came earlier.</summary>
    public required string Entity { get; init; }
    public required string EntityKey { get; init; }
    public required long Revision { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DeliveryState State { get; private set; }

    /// <summary>Attempts of the present schedule; a redelivery begins it anew.</summary>
    public int Attempts { get; private set; }
    public DateTimeOffset NextAttemptAt { get; private set; }
    public DateTimeOffset? FinishedAt { get; private set; }
    public List<DeliveryAttempt> Log { get; } = [];

    /// <param name="lane">What it is about: the entity, its key, and the revision that orders it.</param>
    public static Delivery Of(
        QueuedEvent queued,
        Webhook webhook,
        string type,
        (string Entity, string Key, long Revision) lane,
        DateTimeOffset now,
        TimeSpan wait
    ) =>
        new()
        {
            Id = $"{queued.EventId}.{webhook.Id}",
            Tenant = queued.Tenant,
            Environment = queued.Environment,
            WebhookId = webhook.Id,
            EventId = queued.EventId,
            Type = type,
            Entity = lane.Entity,
            EntityKey = lane.Key,
            Revision = lane.Revision,
            CreatedAt = now,
            NextAttemptAt = now + wait,
        };

    /// <summary>Whether this attempt is to be the last, in vain.</summary>
    public bool IsLost(AttemptResult result, WebhookSchedule schedule) =>
        !result.IsSuccess && (result.IsGone || schedule.IsOver(Attempts + 1));

    /// <summary>Writes an attempt down, and what follows from it.</summary>
    public void Note(AttemptResult result, DateTimeOffset now, WebhookSchedule schedule)
    {
        var isLost = IsLost(result, schedule);
        Attempts++;
        Log.Add(DeliveryAttempt.Of(this, Log.Count + 1, result));
        if (result.IsSuccess)
            Finish(DeliveryState.Delivered, now);
        else if (isLost)
            Finish(DeliveryState.Dead, now);
        else
            NextAttemptAt = now + schedule.WaitAfter(Attempts, result.RetryAfter, Random.Shared);
    }

    /// <summary>Due at once, its attempts counted anew.</summary>
    public void Redeliver(DateTimeOffset now)
    {
        State = DeliveryState.Pending;
        Attempts = 0;
        NextAttemptAt = now;
        FinishedAt = null;
    }

    private void Finish(DeliveryState state, DateTimeOffset now)
    {
        State = state;
        FinishedAt = now;
    }
}

/// <summary>One try, as it went.</summary>
internal sealed class DeliveryAttempt : IScoped
{
    public required string DeliveryId { get; init; }
    public required int Number { get; init; }
    public required string Tenant { get; init; }
    public required string Environment { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public required long DurationMs { get; init; }

    /// <summary>The HTTP status that was answered; null without an answer.</summary>
    public int? Status { get; init; }
    public string? Error { get; init; }

    /// <summary>How the answer's body begins.</summary>
    public string? Response { get; init; }

    public static DeliveryAttempt Of(Delivery delivery, int number, AttemptResult result) =>
        new()
        {
            DeliveryId = delivery.Id,
            Number = number,
            Tenant = delivery.Tenant,
            Environment = delivery.Environment,
            StartedAt = result.StartedAt,
            DurationMs = (long)result.Duration.TotalMilliseconds,
            Status = result.Status,
            Error = result.Error,
            Response = result.Response,
        };
}

/// <summary>What is sent, once for all webhooks that it is sent to, and the same at every attempt.</summary>
internal sealed class QueuedEvent : IScoped
{
    public required string EventId { get; init; }
    public required string Tenant { get; init; }
    public required string Environment { get; init; }

    /// <summary>The envelope.</summary>
    public required string Body { get; init; }
}
