using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.Flags.Domain;

/// <summary>
/// A flag as a caller wrote it, with the defaults of what was left out, and everything that is wrong with it by itself.
/// What it refers to is checked later, under the scope's lock.
/// </summary>
internal sealed class FlagDraft
{
    // What a read shows beyond what a write sets: taken and ignored, so that what GET gave can be PUT back.
    private static readonly string[] ReadOnlyMembers = ["version", "created_at", "updated_at"];

    private FlagDraft(string key, Problems problems) => (Key, Problems) = (key, problems);

    public string Key { get; }
    public Problems Problems { get; }
    public string Name { get; private init; } = "";
    public string Description { get; private init; } = "";
    public IReadOnlyList<string> Tags { get; private init; } = [];

    /// <summary>The owner's notes: any JSON object, kept and not looked into.</summary>
    public JsonElement Metadata { get; private init; }

    /// <summary>Null only while there are <see cref="Problems"/>.</summary>
    public FlagDefinition? Definition { get; private init; }

    /// <summary>Everything a write sets, as it is stored and shown; undefined while there are problems.</summary>
    public JsonElement Document { get; private set; }

    /// <param name="body">The flag as JSON.</param>
    /// <param name="key">The key by the request's path; null takes it from the body.</param>
    public static FlagDraft Read(JsonElement body, string? key = null)
    {
        var problems = new Problems();
        if (JsonObjectReader.Over(body, "", problems) is not { } reader)
            return new FlagDraft(key ?? "", problems);

        key = ReadKey(reader, key);
        var draft = new FlagDraft(key, problems)
        {
            Name = reader.Text("name") is { Length: > 0 } name ? name : key,
            Description = reader.Text("description") ?? "",
            Tags = reader.Texts("tags") ?? [],
            Metadata = reader.Storable("metadata") ?? ApiJson.ToElement(new object()),
            Definition = FlagDefinition.Read(key, reader, problems),
        };
        reader.RefuseOthers(ReadOnlyMembers);

        if (!problems.Any && draft.Definition is not null)
            draft.Document = draft.Write(body);
        return draft;
    }

    private static string ReadKey(JsonObjectReader reader, string? key)
    {
        var written = key is null ? reader.RequiredText("key") : reader.Text("key");
        if (key is not null && written is not null && written != key)
            reader.Problems.Add("key", $"must be '{key}', as in the path, or left out: a key never changes");
        return key ?? written ?? "";
    }

    private JsonElement Write(JsonElement body)
    {
        var definition = Definition!;
        var document = new Dictionary<string, object?>
        {
            ["key"] = Key,
            ["name"] = Name,
            ["description"] = Description,
            ["state"] = definition.On ? "on" : "off",
            ["variants"] = definition.Variants.Select(Variant),
            ["off_variant"] = definition.OffVariant,
            ["bucket_by"] = Written("bucket_by") ?? ApiJson.ToElement("id"),
            ["salt"] = definition.Salt,
        };
        // Shown by the flags that came from elsewhere, and no burden to the others.
        if (definition.Hashing != HashingSchemes.Xxh64)
            document["hashing"] = definition.Hashing;
        document["prerequisites"] = Written("prerequisites") ?? ApiJson.ToElement(Array.Empty<object>());
        // As they were written: an author finds his own numbers, order and spelling again.
        document["rules"] = Written("rules") ?? ApiJson.ToElement(Array.Empty<object>());
        document["tags"] = Tags;
        document["metadata"] = Metadata;
        return ApiJson.ToElement(document);

        JsonElement? Written(string name) =>
            body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

        static Dictionary<string, object?> Variant(Variant variant)
        {
            var written = new Dictionary<string, object?> { ["key"] = variant.Key, ["weight"] = variant.Weight };
            if (variant.Value is { } value)
                written["value"] = value;
            return written;
        }
    }
}
