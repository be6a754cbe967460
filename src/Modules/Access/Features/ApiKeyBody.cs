using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using FeatureFlags.Access.Domain;

namespace FeatureFlags.Access.Features;

/// <summary>An API key as a caller writes it: a shape for the API's document; bodies are read by KeyDraft.</summary>
internal sealed record ApiKeyBody
{
    [Description("For people."), MinLength(1), MaxLength(DraftRules.MaxNameLength)]
    public required string Name { get; init; }

    [Description("client for what its users can look into, such as a browser: it can evaluate and nothing else.")]
    [AllowedValues("server", "client")]
    public required string Kind { get; init; }

    [Description("What it may do, admin aside; for a server evaluate, flags:r, segments:r and events:r unless given.")]
    [MinLength(1)]
    public IReadOnlyList<string>? Scopes { get; init; }

    [Description("From then on it is refused; never unless given.")]
    public DateTimeOffset? ExpiresAt { get; init; }

    [Description("Of a client key: origins of the pages that may send it; any unless given.")]
    [MaxLength(KeyDraft.MaxOrigins)]
    public IReadOnlyList<string>? AllowedOrigins { get; init; }

    public static JsonNode Example =>
        new JsonObject
        {
            ["name"] = "Shop",
            ["kind"] = "client",
            ["allowed_origins"] = new JsonArray("https://shop.example"),
        };
}

/// <summary>What can be changed of an API key.</summary>
internal sealed record ApiKeyPatchBody
{
    [Description("For people."), MinLength(1), MaxLength(DraftRules.MaxNameLength)]
    public string? Name { get; init; }

    [Description("From then on it is refused; null for never.")]
    public DateTimeOffset? ExpiresAt { get; init; }

    [Description("Of a client key: origins of the pages that may send it; null for any.")]
    [MaxLength(KeyDraft.MaxOrigins)]
    public IReadOnlyList<string>? AllowedOrigins { get; init; }

    public static JsonNode Example => new JsonObject { ["expires_at"] = "2027-01-31T12:00:00Z" };
}

/// <summary>How an API key is rotated; may be left out.</summary>
internal sealed record ApiKeyRotationBody
{
    [Description("How long the text that was good until now still is; 0 for no longer, a day unless given.")]
    [Range(0, RotateApiKey.LongestOverlap)]
    public int? OverlapSeconds { get; init; }

    public static JsonNode Example => new JsonObject { ["overlap_seconds"] = 3600 };
}
