using System.Runtime.InteropServices;
using System.Text.Json;
using FeatureFlags.Rules;

namespace FeatureFlags.Client.Sync;

/// <summary>The JSON in which the service hands out rules: all of them, or what changed.</summary>
internal static class RuleDocument
{
    private const int Format = 1;

    /// <summary>Values may be nested 66 deep, and stand in a variant of a flag of a list.</summary>
    public static readonly JsonDocumentOptions Options = new() { MaxDepth = 128 };

    // The writer holds everything until it is told to let go of it.
    private const int Chunk = 256 * 1024;

    private static ReadOnlySpan<byte> NoCriteria => "null"u8;

    /// <summary>Reads an answer of <c>/v1/sdk/rules</c>, the data of a <c>snapshot</c>, a bootstrap.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="InvalidDataException">It is other JSON.</exception>
    public static ClientRules Read(ReadOnlyMemory<byte> utf8)
    {
        using var document = JsonDocument.Parse(utf8, Options);
        var root = document.RootElement;
        var format = Member(root, "format", JsonValueKind.Number);
        if (!format.TryGetInt32(out var number) || number != Format)
            throw new InvalidDataException($"the rules are of format {format}, and this client reads {Format}");
        return ClientRules.Empty(Text(root, "tenant"), Text(root, "environment")).With(Change(root, from: null));
    }

    /// <summary>Reads the data of a <c>delta</c>.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static RuleChange ReadDelta(ReadOnlyMemory<byte> utf8)
    {
        using var document = JsonDocument.Parse(utf8, Options);
        var root = document.RootElement;
        return Cursor.TryParse(Text(root, "from"), out var from)
            ? Change(root, from)
            : throw new InvalidDataException("'from' is no cursor");
    }

    /// <summary>Writes what <see cref="Read"/> reads.</summary>
    public static void Write(Stream output, ClientRules rules)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteNumber("format", Format);
        json.WriteString("tenant", rules.Tenant);
        json.WriteString("environment", rules.Environment);
        json.WriteNumber("revision", rules.At.Revision);
        json.WriteString("event_id", rules.At.EventId);
        json.WriteStartArray("flags");
        foreach (var document in rules.Flags.Values)
        {
            json.WriteRawValue(document, skipInputValidation: true);
            Spill(json);
        }
        json.WriteEndArray();
        json.WriteStartArray("segments");
        foreach (var segment in rules.Compiled.Segments)
            Write(json, segment, rules.Criteria[segment.Key]);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SegmentDefinition segment, byte[] criteria)
    {
        json.WriteStartObject();
        json.WriteString("key", segment.Key);
        json.WriteNumber("version", segment.Version);
        json.WritePropertyName("criteria");
        json.WriteRawValue(criteria, skipInputValidation: true);
        Write(json, "included", segment.Included);
        Write(json, "excluded", segment.Excluded);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string list, MemberSet ids)
    {
        json.WriteStartArray(list);
        foreach (var id in ids.List())
        {
            json.WriteStringValue(id);
            Spill(json);
        }
        json.WriteEndArray();
    }

    private static void Spill(Utf8JsonWriter json)
    {
        if (json.BytesPending > Chunk)
            json.Flush();
    }

    private static RuleChange Change(JsonElement root, Cursor? from) =>
        new(
            from,
            new Cursor(Number(root, "revision"), Text(root, "event_id")),
            [.. Member(root, "flags", JsonValueKind.Array).EnumerateArray().Select(Flag)],
            [.. Member(root, "segments", JsonValueKind.Array).EnumerateArray().Select(Segment)],
            from is null ? [] : Texts(root, "removed_flags"),
            from is null ? [] : Texts(root, "removed_segments")
        );

    private static (FlagDefinition, byte[]) Flag(JsonElement flag) =>
        (
            FlagDefinition.Restore(Text(flag, "key"), Number(flag, "version"), flag),
            JsonMarshal.GetRawUtf8Value(flag).ToArray()
        );

    private static (SegmentDefinition, byte[]) Segment(JsonElement segment)
    {
        var definition = SegmentDefinition.Restore(Text(segment, "key"), Number(segment, "version"), segment) with
        {
            Included = MemberSet.Of(Texts(segment, "included")),
            Excluded = MemberSet.Of(Texts(segment, "excluded")),
        };
        var criteria = segment.TryGetProperty("criteria", out var condition)
            ? JsonMarshal.GetRawUtf8Value(condition)
            : NoCriteria;
        return (definition, criteria.ToArray());
    }

    private static string Text(JsonElement parent, string name) =>
        TextOf(Member(parent, name, JsonValueKind.String), name);

    private static List<string> Texts(JsonElement parent, string name) =>
        [.. Member(parent, name, JsonValueKind.Array).EnumerateArray().Select(element => TextOf(element, name))];

    private static string TextOf(JsonElement element, string name)
    {
        try
        {
            // Throws the same for half a surrogate pair as for a number.
            return element.GetString() ?? throw new InvalidDataException($"'{name}' holds null");
        }
        catch (InvalidOperationException)
        {
            throw new InvalidDataException($"'{name}' holds what is no text");
        }
    }

    private static long Number(JsonElement parent, string name) =>
        Member(parent, name, JsonValueKind.Number).TryGetInt64(out var number)
            ? number
            : throw new InvalidDataException($"'{name}' is no whole number");

    private static JsonElement Member(JsonElement parent, string name, JsonValueKind kind) =>
        parent.ValueKind == JsonValueKind.Object
        && parent.TryGetProperty(name, out var value)
        && value.ValueKind == kind
            ? value
            : throw new InvalidDataException($"'{name}' is missing, or is not of type {kind}");
}
