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

    /// <summary>A text is too long for the regular expression it was to be matched with, or that took too long.</summary>
    public const string RegexTimeout = "regex_timeout";
}

/// <summary>What a flag answers a user, and why.</summary>
public readonly struct Evaluation
{
    private readonly Decision _decision;
    private readonly EvaluationContext _context;

    internal Evaluation(Decision decision, EvaluationContext context)
    {
        _decision = decision;
        _context = context;
    }

    public string Variant => _decision.Variant.Key;

    /// <summary>The variant's value, null if it has none; where no variant of the flag has one, the variant's key.</summary>
    public JsonElement? Value => _decision.Variant.Value;

    /// <summary>The value if it is text, else null. Read from the JSON once and kept, so that asking allocates nothing.</summary>
    public string? Text => _decision.Variant.Text;

    public Reason Reason => _decision.Reason;

    /// <summary>Whether it was drawn from several variants: others, by their bucket, get another for the same reason.</summary>
    public bool IsDrawn => _decision.IsDrawn;

    /// <summary>
    /// How an answer begins for everyone whom this was decided for, as UTF-8 JSON:
    /// <c>{"flag_key":…,"variant":…,"value":…,"reason":…,"rule_id":…,"details":{</c>.
    /// </summary>
    public ReadOnlySpan<byte> AnswerHead => _decision.AnswerHead;

    /// <summary>The rule that held.</summary>
    public string? RuleId => Reason == Reason.RuleMatch ? _decision.Cause : null;

    /// <summary>One of <see cref="EvaluationErrors"/>.</summary>
    public string? Error => Reason == Reason.Error ? _decision.Cause : null;

    /// <summary>
    /// Where the user falls in [0, 1) for the flag's splits, whether one was drawn from or not; null without a bucket key.
    /// Worked out when asked for: most evaluations need no draw.
    /// </summary>
    public double? Bucket => NullIfNone(_decision.Flag.BucketOf(_context));

    /// <summary>
    /// Where the user falls in [0, 1) for the percentages of the flag's rules, whether one was looked at or not; null
    /// without a bucket key, and for a flag that has no percentage, or only such as name their own <c>salt</c> or
    /// <c>by</c>, hence draw for themselves. Worked out when asked for.
    /// </summary>
    public double? GateBucket => NullIfNone(_decision.Flag.GateBucketOf(_context));

    private static double? NullIfNone(double bucket) => double.IsNaN(bucket) ? null : bucket;
}
