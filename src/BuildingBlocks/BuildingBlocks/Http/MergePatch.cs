using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace FeatureFlags.BuildingBlocks.Http;

public static class MergePatch
{
    /// <summary>
    /// Applies a JSON merge patch (RFC 7396, https://www.rfc-editor.org/rfc/rfc7396): members of objects are merged,
    /// null removes one, and anything else, arrays included, replaces what was there.
    /// </summary>
    public static JsonElement Apply(JsonElement target, JsonElement patch)
    {
        var merged = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(merged))
            Merge(target, patch, writer);
        using var document = JsonDocument.Parse(merged.WrittenMemory);
        return document.RootElement.Clone();
    }

    private static void Merge(JsonElement target, JsonElement patch, Utf8JsonWriter writer)
    {
        if (patch.ValueKind != JsonValueKind.Object)
        {
            Copy(patch, writer);
            return;
        }

        var isMerged = target.ValueKind == JsonValueKind.Object;
        writer.WriteStartObject();
        foreach (var kept in isMerged ? target.EnumerateObject() : default)
        {
            if (patch.TryGetProperty(kept.Name, out _))
                continue;
            writer.WritePropertyName(kept.Name);
            Copy(kept.Value, writer);
        }
        foreach (var change in patch.EnumerateObject())
        {
            if (change.Value.ValueKind == JsonValueKind.Null)
                continue;
            var present = default(JsonElement);
            if (isMerged)
                target.TryGetProperty(change.Name, out present);
            writer.WritePropertyName(change.Name);
            Merge(present, change.Value, writer);
        }
        writer.WriteEndObject();
    }

    // As it stands: text with half of a surrogate pair can't be read, and whoever reads the whole says so by its path.
    private static void Copy(JsonElement value, Utf8JsonWriter writer) =>
        writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
}
