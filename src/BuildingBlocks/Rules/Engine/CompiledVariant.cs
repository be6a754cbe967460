using System.Text.Json;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.Rules.Engine;

/// <param name="key">The variant's key.</param>
/// <param name="value">What the flag answers: the variant's value, or the key where no variant of the flag has one.</param>
internal sealed class CompiledVariant(string key, JsonElement? value)
{
    private string? _text;

    public string Key => key;

    public JsonElement? Value => value;

    /// <summary>A value that is text, as a string that is made once.</summary>
    public string? Text => value is { ValueKind: JsonValueKind.String } text ? _text ??= JsonText.Of(text) : null;
}
