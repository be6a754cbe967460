using System.Text.Json;
using System.Text.Json.Serialization;
using FeatureFlags.Rules;

namespace FeatureFlags.Evaluation.Features;

/// <summary>What a flag is for a user, and why: the shape, for the API's document; answers are written by <see cref="AnswerWriter"/>.</summary>
/// <param name="Value">The variant's value; null where it has none: then the caller's default counts.</param>
/// <param name="RuleId">The rule that matched.</param>
/// <param name="Version">The flag's version that was evaluated.</param>
/// <param name="Stale">True while the rules in memory may be behind the database; otherwise left out.</param>
internal sealed record EvaluationResponse(
    string FlagKey,
    string? Variant,
    JsonElement? Value,
    Reason Reason,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RuleId,
    EvaluationDetails Details,
    long? Version,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Stale
)
{
    public static EvaluationResponse Example { get; } =
        new(
            "checkout",
            "treatment",
            JsonElement.Parse("true"),
            Reason.RuleMatch,
            "ca",
            new EvaluationDetails(Bucket: 0.8123, GateBucket: 0.2011, Error: null),
            Version: 3,
            Stale: null
        );
}

/// <param name="Bucket">Where in [0, 1) the user falls in splits of this flag; left out without a bucket key.</param>
/// <param name="GateBucket">Where in [0, 1) the user falls for percentages, where one was drawn on.</param>
/// <param name="Error">What went wrong, with reason <c>error</c>.</param>
internal sealed record EvaluationDetails(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Bucket,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? GateBucket,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error
);
