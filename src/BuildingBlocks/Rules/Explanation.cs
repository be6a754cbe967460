using System.Text.Json;
using System.Text.Json.Serialization;

namespace FeatureFlags.Rules;

/// <summary>An evaluation with everything that was looked at, in the order it is looked at.</summary>
/// <param name="FlagKey">The flag.</param>
/// <param name="Version">Its version.</param>
/// <param name="State"><c>on</c> or <c>off</c>. Of a flag that is off the rules tell what would be if it were on.</param>
/// <param name="Variant">What it answers.</param>
/// <param name="Value">The variant's value.</param>
/// <param name="Reason">What decided.</param>
/// <param name="RuleId">The rule that decided.</param>
/// <param name="Error">One of <see cref="EvaluationErrors"/>.</param>
/// <param name="Summary">All of it in a sentence.</param>
/// <param name="BucketBy">The attributes of which the first that is there is the bucket key.</param>
/// <param name="BucketKey">The bucket key; null when none is there.</param>
/// <param name="Bucket">Where the user falls for splits.</param>
/// <param name="GateBucket">Where the user falls for the flag's percentages; null when it has none.</param>
/// <param name="Prerequisites">The flags it requires.</param>
/// <param name="Rules">Every rule, by order.</param>
/// <param name="Default">What is given when no rule holds.</param>
public sealed record Explanation(
    string FlagKey,
    long Version,
    string State,
    string Variant,
    JsonElement? Value,
    Reason Reason,
    string? RuleId,
    string? Error,
    string Summary,
    IReadOnlyList<string> BucketBy,
    string? BucketKey,
    double? Bucket,
    double? GateBucket,
    IReadOnlyList<ConditionExplanation> Prerequisites,
    IReadOnlyList<RuleExplanation> Rules,
    RolloutExplanation? Default
)
{
    /// <summary>How the buckets were made; left out for our own scheme.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Hashing { get; init; }
}

/// <param name="Id">The rule.</param>
/// <param name="Order">Where it stands.</param>
/// <param name="Description">What its author says of it.</param>
/// <param name="Holds">Whether all its conditions hold; the first rule that holds decides.</param>
/// <param name="Conditions">Each condition; none: it holds for everyone.</param>
/// <param name="Rollout">What it gives.</param>
public sealed record RuleExplanation(
    string Id,
    int Order,
    string? Description,
    bool Holds,
    IReadOnlyList<ConditionExplanation> Conditions,
    RolloutExplanation Rollout
);

/// <param name="Variant">What the user gets, or would; null without a bucket key.</param>
/// <param name="Bucket">Where the user falls; null when nothing is drawn, or nothing can be.</param>
/// <param name="Ranges">Every variant with a weight above 0.</param>
public sealed record RolloutExplanation(string? Variant, double? Bucket, IReadOnlyList<RangeExplanation> Ranges);

/// <summary>A variant is given to buckets of <paramref name="From"/> or more, and less than <paramref name="To"/>.</summary>
public sealed record RangeExplanation(string Variant, double From, double To);

/// <summary>A condition, or a group of them. What does not apply to its kind is left out.</summary>
public sealed record ConditionExplanation
{
    /// <summary><c>attr, percentage, segment, flag, all, any</c> or <c>not</c>.</summary>
    public required string Condition { get; init; }

    public required bool Holds { get; init; }

    /// <summary>Why it holds or does not, in a sentence.</summary>
    public required string Why { get; init; }

    /// <summary>The path of the attribute.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Attribute { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Operator { get; init; }

    /// <summary>The operand as it is written.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Operand { get; init; }

    /// <summary>The attribute's value, shortened when it is long; left out when it is missing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Actual { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Percentage { get; init; }

    /// <summary>What the percentage buckets by.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? By { get; init; }

    /// <summary>Where the user falls for the percentage, which holds below a hundredth of it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Bucket { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Segment { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Flag { get; init; }

    /// <summary>The variants of the flag that meet the condition.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Variants { get; init; }

    /// <summary>What the flag answers; left out when it is explained elsewhere in the same explanation.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Explanation? Explanation { get; init; }

    /// <summary>The conditions of a group, or of a segment's criteria.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ConditionExplanation>? Conditions { get; init; }
}
