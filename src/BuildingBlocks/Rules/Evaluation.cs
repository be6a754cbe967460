using System.Text.Json;
using System.Text.Json.Serialization;
using FeatureFlags.Rules.Engine;

namespace FeatureFlags.Rules;

/// <summary>What decided an evaluation.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Reason>))]
public enum Reason
{
    /// <summary>A rule held.</summary>
    [JsonStringEnumMemberName("rule_match")]
    RuleMatch,

    /// <summary>No rule held.</summary>
    [JsonStringEnumMemberName("default_distribution")]
    DefaultDistribution,

    /// <summary>The flag's state is off.</summary>
    [JsonStringEnumMemberName("flag_off")]
    FlagOff,

    /// <summary>A flag that this one requires did not give a variant that it requires.</summary>
    [JsonStringEnumMemberName("prerequisite_failed")]
    PrerequisiteFailed,

    /// <summary>The flag could not be evaluated; <see cref="Evaluation.Error"/> says why.</summary>
    [JsonStringEnumMemberName("error")]
    Error,
}

/// <summary>Why a flag could not be evaluated.</summary>
public static class EvaluationErrors
{
    /// <summary>A distribution had to be drawn from, and none of the attributes to bucket by was there.</summary>
    public const string BucketKeyMissing = "bucket_key_missing";

    /// <summary>What is stored of the flag, or of a segment it uses, can't be read.</summary>
    public const string DefinitionUnreadable = "definition_unreadable";

    /// <summary>The flag was reached again within its own evaluation.</summary>
    public const string Cycle = "cycle";

    /// <summary>What the flag refers to goes deeper, or further, than the limits.</summary>
    public const string ReferencesTooDeep = "references_too_deep";

    /// <summary>A regular expression took longer than its limit.</summary>
    public const string RegexTimeout = "regex_timeout";
}

/// <summary>What a flag answers a user, and why.</summary>
public readonly struct Evaluation
{
    private readonly CompiledVariant _variant;
    private readonly double _bucket;
    private readonly double _gateBucket;

    /// <param name="variant">The answer.</param>
    /// <param name="reason">What decided.</param>
    /// <param name="cause">The rule's id, or the error.</param>
    /// <param name="bucket">NaN: none.</param>
    /// <param name="gateBucket">NaN: none.</param>
    internal Evaluation(CompiledVariant variant, Reason reason, string? cause, double bucket, double gateBucket)
    {
        _variant = variant;
        _bucket = bucket;
        _gateBucket = gateBucket;
        Reason = reason;
        Cause = cause;
    }

    public string Variant => _variant.Key;

    /// <summary>The variant's value, null if it has none; where no variant of the flag has one, the variant's key.</summary>
    public JsonElement? Value => _variant.Value;

    /// <summary>
    /// The members <c>flag_key</c>, <c>variant</c> and <c>value</c> as UTF-8 JSON, without braces around them: written
    /// once for all answers of this variant.
    /// </summary>
    public ReadOnlySpan<byte> Members => _variant.Members;

    public Reason Reason { get; }

    /// <summary>The rule that held.</summary>
    public string? RuleId => Reason == Reason.RuleMatch ? Cause : null;

    /// <summary>One of <see cref="EvaluationErrors"/>.</summary>
    public string? Error => Reason == Reason.Error ? Cause : null;

    /// <summary>
    /// Where the user falls in [0, 1) for the flag's splits, whether one was drawn from or not; null without a bucket key.
    /// </summary>
    public double? Bucket => double.IsNaN(_bucket) ? null : _bucket;

    /// <summary>
    /// Where the user falls in [0, 1) for the percentages of the flag's rules, whether one was looked at or not; null
    /// without a bucket key, and for a flag that has no percentage, or only such as name their own <c>salt</c> or
    /// <c>by</c>, hence draw for themselves.
    /// </summary>
    public double? GateBucket => double.IsNaN(_gateBucket) ? null : _gateBucket;

    private string? Cause { get; }
}
