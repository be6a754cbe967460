using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.ChangeFeed.Domain;
using Microsoft.AspNetCore.Http;

namespace FeatureFlags.ChangeFeed.Features;

/// <summary>A webhook as a caller writes it: a shape for the API's document; bodies are read by WebhookDraft.</summary>
internal sealed record WebhookBody
{
    [Description("Where deliveries are posted to; https outside Development."), MaxLength(WebhookDraft.MaxUrlLength)]
    public required string Url { get; init; }

    [Description("Only events of these types; all, written *, unless given."), MinLength(1)]
    public IReadOnlyList<string>? EventTypes { get; init; }

    [Description("Whether changes are sent to it; true unless given.")]
    public bool? Active { get; init; }

    [Description("For people."), MaxLength(WebhookDraft.MaxDescriptionLength)]
    public string? Description { get; init; }

    public static JsonNode Example =>
        new JsonObject
        {
            ["url"] = "https://example.com/hooks/flags",
            ["event_types"] = new JsonArray("flag.created", "flag.updated", "flag.deleted"),
            ["description"] = "Tells the release channel",
        };
}

/// <summary>A webhook as the API shows it.</summary>
/// <param name="DisabledReason">Why the service itself has made it inactive.</param>
/// <param name="Secret">What deliveries are signed with; only in the answer that made it.</param>
internal sealed record WebhookResponse(
    string Id,
    string Url,
    IReadOnlyList<string> EventTypes,
    bool Active,
    string? DisabledReason,
    string Description,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Secret = null
)
{
    public static WebhookResponse Example { get; } =
        new(
            "webhook_0f3a9c51d27e48b6a1c4",
            "https://example.com/hooks/flags",
            ["flag.created", "flag.deleted", "flag.updated"],
            Active: true,
            DisabledReason: null,
            "Tells the release channel",
            Version: 1,
            new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero)
        );

    public static WebhookResponse ExampleWithSecret { get; } =
        Example with
        {
            Secret = "whsec_Zm9yIHRoZSBkb2N1bWVudCBvbmx5LCBubyBzZWNyZXQ=",
        };

    public static WebhookResponse Of(Webhook webhook) =>
        new(
            webhook.Id,
            webhook.Url,
            webhook.EventTypes.Split(' '),
            webhook.Active,
            webhook.DisabledReason,
            webhook.Description,
            webhook.Version,
            webhook.CreatedAt,
            webhook.UpdatedAt
        );

    public static WebhookResponse WithSecret(Webhook webhook) => Of(webhook) with { Secret = webhook.Secret };

    public IResult ToHttp(HttpContext context)
    {
        SetHeaders(context.Response.Headers);
        return Results.Ok(this);
    }

    public IResult ToHttpCreated(HttpContext context)
    {
        SetHeaders(context.Response.Headers);
        return Results.Created($"/v1/webhooks/{Id}", this);
    }

    private void SetHeaders(IHeaderDictionary headers)
    {
        headers.ETag = Preconditions.Tag(Version);
        if (Secret is not null)
            headers.CacheControl = "no-store";
    }
}

/// <summary>A delivery as the log shows it.</summary>
/// <param name="EventId">The header <c>webhook-id</c>, the same at every attempt.</param>
/// <param name="State"><c>pending</c>, <c>delivered</c> or <c>dead</c>: given up.</param>
/// <param name="NextAttemptAt">When it is tried next; null when it is not.</param>
/// <param name="Attempts">In order.</param>
internal sealed record DeliveryResponse(
    string Id,
    string EventId,
    string EventType,
    string Entity,
    string EntityKey,
    long Revision,
    DeliveryState State,
    DateTimeOffset CreatedAt,
    DateTimeOffset? NextAttemptAt,
    DateTimeOffset? FinishedAt,
    IReadOnlyList<AttemptResponse> Attempts
)
{
    public static DeliveryResponse Example { get; } =
        new(
            "01JAB3ZK7MQ8V5T2N4X6C9D1EF.webhook_0f3a9c51d27e48b6a1c4",
            "01JAB3ZK7MQ8V5T2N4X6C9D1EF",
            "flag.updated",
            "flag",
            "checkout",
            Revision: 42,
            DeliveryState.Pending,
            new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2026, 1, 31, 12, 0, 5, TimeSpan.Zero),
            FinishedAt: null,
            [
                new AttemptResponse(
                    Number: 1,
                    new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero),
                    DurationMs: 87,
                    Status: 500,
                    "It answered with status 500.",
                    "out of order"
                ),
            ]
        );

    public static DeliveryResponse Of(Delivery delivery) =>
        new(
            delivery.Id,
            delivery.EventId,
            delivery.Type,
            delivery.Entity,
            delivery.EntityKey,
            delivery.Revision,
            delivery.State,
            delivery.CreatedAt,
            delivery.State == DeliveryState.Pending ? delivery.NextAttemptAt : null,
            delivery.FinishedAt,
            [
                .. delivery
                    .Log.OrderBy(a => a.Number)
                    .Select(a => new AttemptResponse(
                        a.Number,
                        a.StartedAt,
                        a.DurationMs,
                        a.Status,
                        a.Error,
                        a.Response
                    )),
            ]
        );
}

/// <param name="Status">The HTTP status that was answered; null without an answer.</param>
/// <param name="Error">What was wrong; null after a success.</param>
/// <param name="Response">How the answer's body begins.</param>
internal sealed record AttemptResponse(
    int Number,
    DateTimeOffset StartedAt,
    long DurationMs,
    int? Status,
    string? Error,
    string? Response
);
