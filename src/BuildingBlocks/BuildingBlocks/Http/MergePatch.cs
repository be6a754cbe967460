using System.Text.Json;
using System.Text.Json.Nodes;

namespace FeatureFlags.BuildingBlocks.Http;

public static class MergePatch
{
    /// <summary>
    /// Applies a JSON merge patch (RFC 7396, https://www.rfc-editor.org/rfc/rfc7396): members of objects are merged,
    /// null removes one, and anything else, arrays included, replaces what was there.
    /// </summary>
    public static JsonElement Apply(JsonElement target, JsonElement patch) =>
        Merge(Node(target), patch) is { } merged ? ApiJson.ToElement(merged) : patch;

    private static JsonNode? Merge(JsonNode? target, JsonElement patch)
    {
        if (patch.ValueKind != JsonValueKind.Object)
            return Node(patch);

        var merged = target as JsonObject ?? [];
        foreach (var member in patch.EnumerateObject())
        {
            merged.TryGetPropertyValue(member.Name, out var present);
            merged.Remove(member.Name);
            if (member.Value.ValueKind != JsonValueKind.Null)
                merged[member.Name] = Merge(present, member.Value);
        }
        return merged;
    }

    private static JsonNode? Node(JsonElement element) => JsonNode.Parse(element.GetRawText());
}
