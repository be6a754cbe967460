using System.Text.Json.Serialization;

namespace FeatureFlags.Rules.Json;

/// <summary>What is written through the serializer: made when compiled, so that trimmed and native programs have it.</summary>
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(double))]
[JsonSerializable(typeof(Reason))]
internal sealed partial class RulesJson : JsonSerializerContext;
