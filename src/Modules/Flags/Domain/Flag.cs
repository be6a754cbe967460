using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Domain;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Flags.Contracts;
using FeatureFlags.Rules;

namespace FeatureFlags.Flags.Domain;

/// <summary>
/// A flag of one scope. One row per key for ever: a deleted flag keeps its version, and created again it goes on from
/// there, so that a version never means two things.
/// </summary>
internal sealed class Flag : AggregateRoot, IScoped, ISoftDeleted
{
    private readonly List<FlagTag> _tags = [];
    private readonly List<FlagReference> _references = [];

    private Flag() { }

    public string Tenant { get; private init; } = "";
    public string Environment { get; private init; } = "";
    public string Key { get; private init; } = "";
    public bool On { get; private set; }

    /// <summary>What a search looks through: key, name and description without case.</summary>
    public string Search { get; private set; } = "";

    /// <summary>Everything a write sets, as JSON.</summary>
    public string Document { get; private set; } = "";

    /// <summary>Starts at 1 and rises by one with every change, deletion included.</summary>
    public long Version { get; private set; }
    public DateTimeOffset CreatedAt { get; private set; }
    public DateTimeOffset UpdatedAt { get; private set; }
    public DateTimeOffset? DeletedAt { get; private set; }
    public IReadOnlyList<FlagTag> Tags => _tags;
    public IReadOnlyList<FlagReference> References => _references;

    public static Flag Create(Scope scope, FlagDraft draft, DateTimeOffset now)
    {
        var flag = new Flag
        {
            Tenant = scope.Tenant,
            Environment = scope.Environment,
            Key = draft.Key,
        };
        flag.Recreate(draft, now);
        return flag;
    }

    /// <summary>Brings a deleted flag back under its key, as a new flag with the next version.</summary>
    public void Recreate(FlagDraft draft, DateTimeOffset now)
    {
        DeletedAt = null;
        CreatedAt = now;
        Set(draft, now);
        Raise(Changed("created", before: null, Snapshot()));
    }

    /// <summary>Replaces what a write sets. Says nothing when nothing differs, so that a repeated write is free.</summary>
    public void Replace(FlagDraft draft, DateTimeOffset now)
    {
        if (JsonElement.DeepEquals(ReadDocument(), draft.Document))
            return;

        var before = Snapshot();
        Set(draft, now);
        Raise(Changed("updated", before, Snapshot()));
    }

    public void Delete(DateTimeOffset now)
    {
        var before = Snapshot();
        DeletedAt = now;
        UpdatedAt = now;
        Version++;
        _tags.Clear();
        _references.Clear();
        Raise(Changed("deleted", before, after: null));
    }

    /// <summary>The flag as the API shows it.</summary>
    public JsonElement Snapshot()
    {
        var json = JsonNode.Parse(Document)!.AsObject();
        json["version"] = Version;
        json["created_at"] = JsonSerializer.SerializeToNode(CreatedAt, ApiJson.Options);
        json["updated_at"] = JsonSerializer.SerializeToNode(UpdatedAt, ApiJson.Options);
        return ApiJson.ToElement(json);
    }

    /// <summary>The flag as evaluation reads it.</summary>
    public FlagDefinition Definition() => new FlagDocument(Key, Version, Document).Definition();

    public JsonElement ReadDocument()
    {
        using var document = JsonDocument.Parse(Document);
        return document.RootElement.Clone();
    }

    public static string Searchable(string text) => text.ToUpperInvariant();

    private void Set(FlagDraft draft, DateTimeOffset now)
    {
        var definition = draft.Definition!;
        On = definition.On;
        Search = Searchable($"{draft.Key}\n{draft.Name}\n{draft.Description}");
        Document = draft.Document.GetRawText();
        Version++;
        UpdatedAt = now;
        Merge(_tags, draft.Tags.Select(tag => new FlagTag(Tenant, Environment, Key, tag)));
        Merge(_references, FlagReference.Of(this, definition));
    }

    // Rows that stay are left alone: EF would not let one be deleted and inserted in the same save.
    private static void Merge<T>(List<T> rows, IEnumerable<T> wanted)
        where T : notnull
    {
        var kept = wanted.ToHashSet();
        rows.RemoveAll(row => !kept.Contains(row));
        rows.AddRange(kept.Except(rows).ToList());
    }

    private Change Changed(string action, JsonElement? before, JsonElement? after) =>
        new("flag", action, Key, Version, before, after);
}

/// <summary>A tag of a flag, in a row of its own so that a list by tag is one look into an index.</summary>
internal sealed record FlagTag(string Tenant, string Environment, string FlagKey, string Tag) : IScoped;

/// <summary>That a flag refers to a segment, or to a variant of another flag: who uses what is one look into an index.</summary>
/// <param name="Variant">The variant of a flag; empty for a segment.</param>
internal sealed record FlagReference(
    string Tenant,
    string Environment,
    string FlagKey,
    ReferenceKind Kind,
    string TargetKey,
    string Variant
) : IScoped
{
    public static IEnumerable<FlagReference> Of(Flag flag, FlagDefinition definition) =>
        from reference in definition.References
        from variant in reference.Variants.DefaultIfEmpty("")
        select new FlagReference(flag.Tenant, flag.Environment, flag.Key, reference.Kind, reference.Key, variant);
}
