using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FeatureFlags.Rules.Engine;

/// <param name="flagKey">The flag it is a variant of.</param>
/// <param name="key">The variant's key.</param>
/// <param name="value">What the flag answers: the variant's value, or the key where no variant of the flag has one.</param>
internal sealed class CompiledVariant(string flagKey, string key, JsonElement? value)
{
    // As the API writes all its answers.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private byte[]? _members;

    public string Key => key;

    public JsonElement? Value => value;

    /// <summary>
    /// The answer's <c>flag_key</c>, <c>variant</c> and <c>value</c> as members of a JSON object, without its braces.
    /// Written when first asked for: most variants of most flags are never answered with, and it costs memory.
    /// </summary>
    public ReadOnlySpan<byte> Members => _members ??= Written();

    private byte[] Written()
    {
        var written = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(written, Options);
        json.WriteStartObject();
        json.WriteString("flag_key", flagKey);
        json.WriteString("variant", key);
        json.WritePropertyName("value");
        if (value is { } some)
            some.WriteTo(json);
        else
            json.WriteNullValue();
        json.WriteEndObject();
        json.Flush();
        return written.WrittenSpan[1..^1].ToArray();
    }
}
