using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Domain;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Rules;

namespace FeatureFlags.Segments.Domain;

/// <summary>
/// A segment of one scope. One row per key for ever: a deleted segment keeps its version, and created again it goes on
/// from there. Its members are rows of their own, of which it holds only the counts; whoever shows or changes it reads
/// as many of them as that needs (<see cref="SetLists"/>).
/// </summary>
internal sealed class Segment : AggregateRoot, IScoped, ISoftDeleted
{
    /// <summary>The most ids of both lists together.</summary>
    public const int MaxMembers = 1_000_000;

    private readonly List<SegmentReference> _references = [];
    private MemberList? _included;
    private MemberList? _excluded;

    private Segment() { }

    public string Tenant { get; private init; } = "";
    public string Environment { get; private init; } = "";
    public string Key { get; private init; } = "";

    /// <summary>What a search looks through: key, name and description without case.</summary>
    public string Search { get; private set; } = "";

    /// <summary>Everything a write sets but the members, as JSON.</summary>
    public string Document { get; private set; } = "";
    public int IncludedCount { get; private set; }
    public int ExcludedCount { get; private set; }

    /// <summary>
    /// Where the next member goes, or the next removal; never used twice, so that ids keep the order they came in, and
    /// whoever read the lists at some position needs only what has this one or a later.
    /// </summary>
    public long NextPosition { get; private set; }

    /// <summary>Starts at 1 and rises by one with every change, deletion included.</summary>
    public long Version { get; private set; }
    public DateTimeOffset CreatedAt { get; private set; }
    public DateTimeOffset UpdatedAt { get; private set; }
    public DateTimeOffset? DeletedAt { get; private set; }
    public IReadOnlyList<SegmentReference> References => _references;

    /// <summary>Whether both lists are short enough to be shown; else their counts are.</summary>
    public bool ShowsLists => IncludedCount <= MemberList.MaxShown && ExcludedCount <= MemberList.MaxShown;

    public IEnumerable<MemberList> Lists => [List(ListName.Included), List(ListName.Excluded)];

    public int CountOf(ListName list) => list == ListName.Included ? IncludedCount : ExcludedCount;

    public static Segment Create(Scope scope, SegmentDraft draft, DateTimeOffset now)
    {
        var segment = new Segment
        {
            Tenant = scope.Tenant,
            Environment = scope.Environment,
            Key = draft.Key,
        };
        segment.SetLists([], []);
        segment.Recreate(draft, now);
        return segment;
    }

    /// <summary>Brings a deleted segment back under its key, as a new segment with the next version.</summary>
    public void Recreate(SegmentDraft draft, DateTimeOffset now)
    {
        DeletedAt = null;
        CreatedAt = now;
        ReplaceLists(draft);
        Set(draft, now);
        Raise(Changed("created", before: null, Recorded()));
    }

    /// <summary>Replaces what a write sets. Says nothing when nothing differs, so that a repeated write is free.</summary>
    /// <exception cref="InvalidFieldsException">With the list that is kept there would be too many members.</exception>
    public void Replace(SegmentDraft draft, DateTimeOffset now)
    {
        RequireRoom(
            draft.Included is null ? "excluded" : "included",
            (draft.Included?.Count ?? IncludedCount) + (draft.Excluded?.Count ?? ExcludedCount)
        );
        var before = Recorded();
        ReplaceLists(draft);
        if (JsonElement.DeepEquals(ReadDocument(), draft.Document) && !Lists.Any(list => list.HasChanged))
            return;

        Set(draft, now);
        Raise(Changed("updated", before, Recorded()));
    }

    /// <summary>Adds and removes ids of one list. To add what is there, or remove what is not, changes nothing.</summary>
    /// <param name="stored">Which of the ids stand in a list already, and in which.</param>
    /// <exception cref="InvalidFieldsException">An added id stands in the other list, or there would be too many.</exception>
    public void ChangeMembers(MembersEdit edit, IReadOnlyDictionary<string, ListName> stored, DateTimeOffset now)
    {
        var errors = new FieldErrors();
        foreach (var (id, path) in edit.Add)
        {
            if (stored.TryGetValue(id, out var list) && list != edit.List)
                errors.Add(path, MemberIds.InOtherList(id, list));
        }
        errors.Throw();

        List<string> added = [.. edit.Add.Select(a => a.Id).Where(id => !stored.ContainsKey(id))];
        List<string> removed = [.. edit.Remove.Select(r => r.Id).Where(id => IsIn(edit.List, id))];
        RequireRoom("add", IncludedCount + ExcludedCount + added.Count - removed.Count);
        if (added.Count == 0 && removed.Count == 0)
            return;

        var before = Recorded();
        List(edit.List).Change(added, removed);
        Count();
        Touch(now);
        Raise(Changed("updated", before, Recorded()));

        bool IsIn(ListName list, string id) => stored.TryGetValue(id, out var present) && present == list;
    }

    public void Delete(DateTimeOffset now)
    {
        var before = Recorded();
        foreach (var list in Lists)
            list.Replace([]);
        Count();
        _references.Clear();
        DeletedAt = now;
        Touch(now);
        Raise(Changed("deleted", before, after: null));
    }

    /// <summary>Gives it what was read of its lists: all, or the first ids that showing or changing it needs.</summary>
    public void SetLists(IReadOnlyList<string> included, IReadOnlyList<string> excluded)
    {
        _included = new MemberList(ListName.Included, included, IncludedCount);
        _excluded = new MemberList(ListName.Excluded, excluded, ExcludedCount);
    }

    /// <summary>The row that tells of an id that is gone from a list.</summary>
    public SegmentRemoval Removal(ListName list, string id) => new(Tenant, Environment, Key, NextPosition++, list, id);

    /// <summary>The row of an id that is new in a list.</summary>
    public SegmentMember Place(ListName list, string id) => new(Tenant, Environment, Key, list, id, NextPosition++);

    /// <summary>
    /// The segment as the API shows it: with <c>included</c> and <c>excluded</c> in the order they were given, or,
    /// where one of them is longer than <see cref="MemberList.MaxShown"/>, with <c>included_count</c> and
    /// <c>excluded_count</c> in their place.
    /// </summary>
    public JsonElement Snapshot() => Shown(ShowsLists ? Ids : Counts);

    /// <summary>
    /// The segment as events carry it: as the API shows it; where that is counts, <c>included</c> and <c>excluded</c>
    /// stand beside them, cut off after the first <see cref="MemberList.MaxShown"/> ids.
    /// </summary>
    private JsonElement Recorded() => Shown(ShowsLists ? Ids : [.. Counts, .. Ids]);

    public JsonElement ReadDocument()
    {
        using var document = JsonDocument.Parse(Document);
        return document.RootElement.Clone();
    }

    public static string Searchable(string text) => text.ToUpperInvariant();

    private void Set(SegmentDraft draft, DateTimeOffset now)
    {
        Search = Searchable($"{draft.Key}\n{draft.Name}\n{draft.Description}");
        Document = draft.Document.GetRawText();
        Touch(now);

        // Rows that stay are left alone: EF would not let one be deleted and inserted in the same save.
        var wanted = SegmentReference.Of(this, draft.Definition!).ToHashSet();
        _references.RemoveAll(row => !wanted.Contains(row));
        _references.AddRange(wanted.Except(_references).ToList());
    }

    private void ReplaceLists(SegmentDraft draft)
    {
        if (draft.Included is { } included)
            List(ListName.Included).Replace(included);
        if (draft.Excluded is { } excluded)
            List(ListName.Excluded).Replace(excluded);
        Count();
    }

    private void Touch(DateTimeOffset now)
    {
        Version++;
        UpdatedAt = now;
    }

    private void Count()
    {
        IncludedCount = List(ListName.Included).Count;
        ExcludedCount = List(ListName.Excluded).Count;
    }

    private static void RequireRoom(string path, int members)
    {
        if (members > MaxMembers)
            throw new InvalidFieldsException(path, $"would make {members} members; a segment has at most {MaxMembers}");
    }

    public MemberList List(ListName name) =>
        (name == ListName.Included ? _included : _excluded)
        ?? throw new InvalidOperationException($"The members of segment '{Key}' were not read.");

    private IEnumerable<(string Name, JsonNode? Value)> Ids =>
        Lists.Select(list => (list.Name.InJson(), JsonSerializer.SerializeToNode(list.First)));

    private IEnumerable<(string Name, JsonNode? Value)> Counts =>
        [(ListName.Included.CountInJson(), IncludedCount), (ListName.Excluded.CountInJson(), ExcludedCount)];

    private JsonElement Shown(IEnumerable<(string Name, JsonNode? Value)> members)
    {
        var json = JsonNode.Parse(Document)!.AsObject();
        foreach (var (name, value) in members)
            json[name] = value;
        json["version"] = Version;
        json["created_at"] = JsonSerializer.SerializeToNode(CreatedAt, ApiJson.Options);
        json["updated_at"] = JsonSerializer.SerializeToNode(UpdatedAt, ApiJson.Options);
        return ApiJson.ToElement(json);
    }

    private Change Changed(string action, JsonElement? before, JsonElement? after) =>
        new("segment", action, Key, Version, before, after);
}

/// <summary>An id in one of a segment's lists.</summary>
/// <param name="Position">Its place in the list: higher than of those that came before.</param>
internal sealed record SegmentMember(
    string Tenant,
    string Environment,
    string SegmentKey,
    ListName List,
    string Member,
    long Position
) : IScoped;

/// <summary>
/// That an id was taken out of a list, for whoever knows the list as it was. Only the latest are kept; that some are
/// missing shows in the count (<see cref="Persistence.MemberRows.ReadSet"/>).
/// </summary>
internal sealed record SegmentRemoval(
    string Tenant,
    string Environment,
    string SegmentKey,
    long Position,
    ListName List,
    string Member
) : IScoped
{
    /// <summary>Removals that are further behind the segment's next position are deleted with the next one.</summary>
    public const int KeptPositions = 50_000;
}

/// <summary>That a segment's criteria refer to another segment, or to a variant of a flag.</summary>
/// <param name="Variant">The variant of a flag; empty for a segment.</param>
internal sealed record SegmentReference(
    string Tenant,
    string Environment,
    string SegmentKey,
    ReferenceKind Kind,
    string TargetKey,
    string Variant
) : IScoped
{
    public static IEnumerable<SegmentReference> Of(Segment segment, SegmentDefinition definition) =>
        from reference in definition.References
        from variant in reference.Variants.DefaultIfEmpty("")
        select new SegmentReference(
            segment.Tenant,
            segment.Environment,
            segment.Key,
            reference.Kind,
            reference.Key,
            variant
        );
}
