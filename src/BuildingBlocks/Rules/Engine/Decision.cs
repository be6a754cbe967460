using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.Rules.Engine;

/// <summary>
/// One of the answers a flag can give, and for what reason. There are no more of them than the flag has variants in its
/// rules and weights, so they are made with the flag and an evaluation only picks one.
/// </summary>
/// <param name="flag">Whose it is.</param>
/// <param name="variant">The answer.</param>
/// <param name="reason">What decided.</param>
/// <param name="cause">The rule's id, or the error.</param>
/// <param name="isDrawn">Whether others, by their bucket, get another variant for the same reason.</param>
internal sealed class Decision(
    CompiledFlag flag,
    CompiledVariant variant,
    Reason reason,
    string? cause = null,
    bool isDrawn = false
)
{
    // Answers are application/json, never HTML: readable text beats \u escapes.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private byte[]? _answerHead;

    public CompiledFlag Flag { get; } = flag;

    public CompiledVariant Variant { get; } = variant;

    public Reason Reason { get; } = reason;

    public string? Cause { get; } = cause;

    public bool IsDrawn { get; } = isDrawn;

    /// <summary>Whether a rule or the weights decided.</summary>
    public bool IsByRules => Reason is Reason.RuleMatch or Reason.DefaultDistribution;

    /// <summary>See <see cref="Evaluation.AnswerHead"/>.</summary>
    // Written when first asked for: most decisions of most flags never are, and it would take memory for each.
    public ReadOnlySpan<byte> AnswerHead => _answerHead ??= Written();

    private byte[] Written()
    {
        var written = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(written, Options);
        json.WriteStartObject();
        json.WriteString("flag_key", Flag.Key);
        json.WriteString("variant", Variant.Key);
        json.WritePropertyName("value");
        if (Variant.Value is { } value)
            value.WriteTo(json);
        else
            json.WriteNullValue();
        json.WritePropertyName("reason");
        JsonSerializer.Serialize(json, Reason, RulesJson.Default.Reason);
        if (Reason == Reason.RuleMatch)
            json.WriteString("rule_id", Cause);
        json.WriteStartObject("details");
        json.Flush();
        return written.WrittenSpan.ToArray();
    }
}
