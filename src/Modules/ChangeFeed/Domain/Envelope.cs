using System.Text.Json;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Outbox;

namespace FeatureFlags.ChangeFeed.Domain;

/// <summary>A change as the outside world is told of it.</summary>
/// <param name="Id">Names the change wherever it is told; who hears it twice knows it by this.</param>
/// <param name="Revision">Its place in the history of its environment: dense, in the order of the commits.</param>
/// <param name="Actor">Who made it: a token's <c>sub</c>.</param>
internal sealed record Envelope(
    string Id,
    string Type,
    DateTimeOffset Timestamp,
    string Tenant,
    string Environment,
    long Revision,
    string Actor,
    EnvelopeData Data
)
{
    public static Envelope Of(OutboxMessage message) =>
        new(
            message.EventId,
            message.Type,
            message.OccurredAt,
            message.Tenant,
            message.Environment,
            message.Revision,
            message.Actor,
            new EnvelopeData(
                message.Entity,
                message.EntityKey,
                message.EntityVersion,
                Json(message.Before),
                Json(message.After)
            )
        );

    /// <summary>One line of JSON.</summary>
    public byte[] ToUtf8() => JsonSerializer.SerializeToUtf8Bytes(this, ApiJson.Options);

    /// <summary>To be sent to webhooks.</summary>
    public QueuedEvent Queue() =>
        new()
        {
            EventId = Id,
            Tenant = Tenant,
            Environment = Environment,
            Body = JsonSerializer.Serialize(this, ApiJson.Options),
        };

    private static JsonElement? Json(string? text) =>
        text is null ? null : JsonSerializer.Deserialize<JsonElement>(text);
}

/// <param name="Version">The entity's version after the change.</param>
/// <param name="Before">The entity as the API showed it before; null where there was none.</param>
/// <param name="After">The entity as the API shows it since; null where there is none.</param>
internal sealed record EnvelopeData(string Entity, string Key, long Version, JsonElement? Before, JsonElement? After);
