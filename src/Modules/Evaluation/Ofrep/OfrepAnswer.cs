using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Evaluation.Features;
using FeatureFlags.Rules;

namespace FeatureFlags.Evaluation.Ofrep;

/// <summary>Says evaluations in the words of OpenFeature. Members stand in the same order each time.</summary>
/// <param name="scope">Where the flags are.</param>
/// <param name="context">Whom they are evaluated for.</param>
internal sealed class OfrepAnswer(Scope scope, EvaluationContext context)
{
    // Well-known names, of which clients make the attributes of their telemetry:
    // https://openfeature.dev/specification/appendix-d
    private readonly byte[] _flagSetAndContext = Encoding.UTF8.GetBytes(
        context.Id is null
            ? $"\"flagSetId\":\"{scope}\""
            : $"\"flagSetId\":\"{scope}\",\"contextId\":{JsonSerializer.Serialize(context.Id, ApiJson.Options)}"
    );

    public EvaluationContext Context => context;

    /// <summary>What kept the flag from being evaluated; null when nothing did.</summary>
    public (string Code, string Details)? ErrorOf(CompiledFlag flag, in Rules.Evaluation evaluation) =>
        evaluation.Error switch
        {
            null => null,
            EvaluationErrors.BucketKeyMissing when context.Id is null && flag.Definition.BucketBy.Contains("id") => (
                ErrorCode.TargetingKeyMissing,
                $"Flag '{flag.Key}' is split by the targeting key, and the context has none."
            ),
            EvaluationErrors.BucketKeyMissing => (
                ErrorCode.InvalidContext,
                $"Flag '{flag.Key}' is split by {string.Join(" or ", flag.Definition.BucketBy)}, which the context lacks."
            ),
            EvaluationErrors.DefinitionUnreadable => (
                ErrorCode.ParseError,
                $"What is stored of flag '{flag.Key}', or of what it refers to, can't be read."
            ),
            var error => (ErrorCode.General, $"Flag '{flag.Key}' can't be evaluated: {error}."),
        };

    /// <summary>The answer for one flag.</summary>
    /// <param name="stale">Whether the rules in memory may be behind the database.</param>
    public AnswerWriter Answered(CompiledFlag flag, in Rules.Evaluation evaluation, bool stale)
    {
        var answer = new AnswerWriter(2 * AnswerWriter.BytesEach);
        Evaluated(ref answer, flag, evaluation, stale);
        return answer;
    }

    public void Evaluated(ref AnswerWriter answer, CompiledFlag flag, in Rules.Evaluation evaluation, bool stale)
    {
        answer.Raw("{\"key\":"u8);
        answer.Text(flag.Key);
        // Not null: clients take that for the value, and the caller's default only where there is none.
        if (evaluation.Value is { ValueKind: not JsonValueKind.Null } value)
        {
            answer.Raw(",\"value\":"u8);
            answer.Raw(JsonMarshal.GetRawUtf8Value(value));
        }
        answer.Raw(",\"reason\":"u8);
        answer.Raw(ReasonOf(evaluation));
        answer.Raw(",\"variant\":"u8);
        answer.Text(evaluation.Variant);
        answer.Raw(","u8);
        Metadata(ref answer, flag.Version);
        answer.Raw(stale ? ",\"stale\":true}}"u8 : "}}"u8);
    }

    /// <summary>A flag of many that could not be evaluated.</summary>
    public static void Failed(ref AnswerWriter answer, CompiledFlag flag, (string Code, string Details) error)
    {
        answer.Raw("{\"key\":"u8);
        answer.Text(flag.Key);
        answer.Raw(",\"errorCode\":"u8);
        answer.Text(error.Code);
        answer.Raw(",\"errorDetails\":"u8);
        answer.Text(error.Details);
        answer.Raw("}"u8);
    }

    /// <summary>The member <c>metadata</c>, but for its closing brace.</summary>
    // A version is text in OpenFeature's telemetry, and clients of typed languages look for nothing else.
    public void Metadata(ref AnswerWriter answer, long version)
    {
        answer.Raw("\"metadata\":{\"version\":\""u8);
        answer.Number(version);
        answer.Raw("\","u8);
        answer.Raw(_flagSetAndContext);
    }

    /// <summary>
    /// Of the reasons that the protocol names, which some clients know no others than. A flag whose prerequisites are
    /// not met is off for that user.
    /// </summary>
    private static ReadOnlySpan<byte> ReasonOf(in Rules.Evaluation evaluation) =>
        evaluation.Reason switch
        {
            Reason.FlagOff or Reason.PrerequisiteFailed => "\"DISABLED\""u8,
            _ when evaluation.IsDrawn => "\"SPLIT\""u8,
            Reason.RuleMatch => "\"TARGETING_MATCH\""u8,
            _ => "\"STATIC\""u8,
        };
}
