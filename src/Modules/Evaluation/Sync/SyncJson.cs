using System.Buffers;
using System.Text.Json;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.Evaluation.Domain;
using FeatureFlags.Flags.Contracts;
using FeatureFlags.Segments.Contracts;

namespace FeatureFlags.Evaluation.Sync;

/// <summary>What SDKs are sent, in its bytes: one line of JSON, as docs/sdk-protocol.md has it.</summary>
internal static class SyncJson
{
    /// <summary>Raised with every change that an SDK of before would misread.</summary>
    public const int Format = 1;

    private static readonly JsonWriterOptions Options = new() { Encoder = ApiJson.Options.Encoder };

    public static ReadOnlyMemory<byte> Of(StoredRules rules) =>
        Write(json =>
        {
            json.WriteNumber("format", Format);
            json.WriteString("tenant", rules.Head.Scope.Tenant);
            json.WriteString("environment", rules.Head.Scope.Environment);
            WriteHead(json, rules.Head);
            WriteFlags(json, rules.Flags);
            WriteSegments(json, rules.Segments);
        });

    public static ReadOnlyMemory<byte> Of(ScopeHead from, StoredChanges changes) =>
        Write(json =>
        {
            json.WriteString("from", SyncCursor.Of(from));
            WriteHead(json, changes.Head);
            WriteFlags(json, changes.Flags);
            WriteSegments(json, changes.Segments);
            WriteTexts(json, "removed_flags", changes.RemovedFlags);
            WriteTexts(json, "removed_segments", changes.RemovedSegments);
        });

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> members)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes, Options);
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenMemory;
    }

    private static void WriteHead(Utf8JsonWriter json, ScopeHead head)
    {
        json.WriteNumber("revision", head.Revision);
        json.WriteString("event_id", head.EventId);
    }

    private static void WriteFlags(Utf8JsonWriter json, IReadOnlyList<FlagDocument> flags)
    {
        json.WriteStartArray("flags");
        foreach (var flag in flags)
        {
            using var stored = JsonDocument.Parse(flag.Json);
            json.WriteStartObject();
            foreach (var member in stored.RootElement.EnumerateObject())
                member.WriteTo(json);
            json.WriteNumber("version", flag.Version);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteSegments(Utf8JsonWriter json, IReadOnlyList<SegmentDocument> segments)
    {
        json.WriteStartArray("segments");
        foreach (var segment in segments)
        {
            using var stored = JsonDocument.Parse(segment.Json);
            json.WriteStartObject();
            json.WriteString("key", segment.Key);
            json.WriteNumber("version", segment.Version);
            json.WritePropertyName("criteria");
            stored.RootElement.GetProperty("criteria").WriteTo(json);
            WriteTexts(json, "included", segment.Included.List());
            WriteTexts(json, "excluded", segment.Excluded.List());
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
