using System.Text.Json;

namespace FeatureFlags.Rules.Engine;

/// <param name="Key">The variant's key.</param>
/// <param name="Value">What the flag answers: the variant's value, or the key where no variant of the flag has one.</param>
internal sealed record CompiledVariant(string Key, JsonElement? Value);
