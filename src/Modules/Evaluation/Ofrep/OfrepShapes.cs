using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace FeatureFlags.Evaluation.Ofrep;

// Shapes of OFREP 0.3, for the API's document and for errors: answers are written by hand, and bodies read so.

internal sealed record OfrepBody
{
    [Description("The text `targetingKey` is the user's id; every other member is an attribute.")]
    public Dictionary<string, JsonElement>? Context { get; init; }

    public static JsonNode Example => JsonNode.Parse("""{"context": {"targetingKey": "ada", "country": "CA"}}""")!;
}

/// <summary>What a flag is for a user, and why.</summary>
/// <param name="Value">Left out where the variant has none: then the caller's default counts.</param>
/// <param name="Reason">TARGETING_MATCH, SPLIT, STATIC or DISABLED.</param>
internal sealed record OfrepEvaluation(
    string Key,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Value,
    string Reason,
    string Variant,
    OfrepMetadata Metadata
)
{
    public static OfrepEvaluation Example { get; } =
        new("checkout", JsonElement.Parse("true"), "TARGETING_MATCH", "treatment", OfrepMetadata.Example);
}

/// <param name="Version">The flag's version; of a bulk answer the scope's revision.</param>
/// <param name="FlagSetId">Tenant and environment.</param>
/// <param name="ContextId">The targeting key; left out where there is none.</param>
internal sealed record OfrepMetadata(
    string Version,
    [property: JsonPropertyName("flagSetId")] string FlagSetId,
    [property: JsonPropertyName("contextId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        string? ContextId
)
{
    public static OfrepMetadata Example { get; } = new("3", "acme/production", "ada");
}

/// <param name="Key">The flag's; left out where the error is of no single flag.</param>
/// <param name="ErrorCode">OpenFeature's code.</param>
internal sealed record OfrepFailure(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Key,
    [property: JsonPropertyName("errorCode")] string ErrorCode,
    [property: JsonPropertyName("errorDetails")] string ErrorDetails
)
{
    public static OfrepFailure Example { get; } =
        new("checkout", Ofrep.ErrorCode.FlagNotFound, "There is no flag 'checkout'.");
}

/// <summary>Every flag of the scope in key order; one that can't be evaluated stands as an error among the others.</summary>
internal sealed record OfrepBulkEvaluation(IReadOnlyList<OfrepEvaluation> Flags, OfrepMetadata Metadata)
{
    [Description("Left out by a host that has just started and can sign no address yet.")]
    [JsonPropertyName("eventStreams"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<OfrepEventStream>? EventStreams { get; init; }

    public static OfrepBulkEvaluation Example { get; } =
        new([OfrepEvaluation.Example], OfrepMetadata.Example with { Version = "42" })
        {
            EventStreams =
            [
                new OfrepEventStream("sse", "https://flags.example.com/ofrep/v1/events?token=e30.c2ln", 120),
            ],
        };
}

/// <summary>Where the client hears when to ask again.</summary>
/// <param name="Type">Always <c>sse</c>.</param>
/// <param name="Url">With a token that opens nothing else. The same until its time is over.</param>
/// <param name="InactivityDelaySec">After how many seconds out of sight the client should leave.</param>
internal sealed record OfrepEventStream(
    string Type,
    string Url,
    [property: JsonPropertyName("inactivityDelaySec")] int InactivityDelaySec
);
