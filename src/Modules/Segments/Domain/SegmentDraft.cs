using System.Text.Json;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.Segments.Domain;

/// <summary>
/// A segment as a caller wrote it, with the defaults of what was left out, and everything that is wrong with it by
/// itself. What it refers to, and lists that it keeps, are checked later, under the scope's lock.
/// </summary>
internal sealed class SegmentDraft
{
    // What a read shows beyond what a write sets: taken and ignored, so that what GET gave can be PUT back.
    private static readonly string[] ReadOnlyMembers = ["version", "created_at", "updated_at"];

    private SegmentDraft(string key, Problems problems) => (Key, Problems) = (key, problems);

    public string Key { get; }
    public Problems Problems { get; }
    public string Name { get; private init; } = "";
    public string Description { get; private init; } = "";

    /// <summary>The whole list in its order; null keeps what is stored.</summary>
    public IReadOnlyList<string>? Included { get; private init; }

    /// <inheritdoc cref="Included"/>
    public IReadOnlyList<string>? Excluded { get; private init; }

    /// <summary>Null only while there are <see cref="Problems"/>.</summary>
    public SegmentDefinition? Definition { get; private init; }

    /// <summary>Everything a write sets but the members, as it is stored and shown; undefined while there are problems.</summary>
    public JsonElement Document { get; private set; }

    /// <summary>
    /// Reads a whole segment. A list that is left out is empty, unless its count stands in its place: that is how a
    /// read shows a list that is too long for a body, which is kept as it is.
    /// </summary>
    /// <param name="body">The segment as JSON.</param>
    /// <param name="key">The key by the request's path; null takes it from the body.</param>
    public static SegmentDraft Read(JsonElement body, string? key = null) =>
        Read(body, key, isKept: list => body.TryGetProperty(list.CountInJson(), out _));

    /// <summary>Reads what a merge patch makes of a stored segment. A list that the patch does not name is kept.</summary>
    /// <param name="patch">A JSON object.</param>
    public static SegmentDraft Patch(Segment segment, JsonElement patch) =>
        Read(
            MergePatch.Apply(segment.ReadDocument(), patch),
            segment.Key,
            isKept: list => !patch.TryGetProperty(list.InJson(), out _)
        );

    private static SegmentDraft Read(JsonElement body, string? key, Func<ListName, bool> isKept)
    {
        var problems = new Problems();
        if (JsonObjectReader.Over(body, "", problems) is not { } reader)
            return new SegmentDraft(key ?? "", problems);

        key = ReadKey(reader, key);
        var included = ReadList(reader, ListName.Included);
        var excluded = ReadList(reader, ListName.Excluded);
        MemberIds.RequireApart(included ?? [], excluded ?? [], problems);
        var draft = new SegmentDraft(key, problems)
        {
            Name = reader.Text("name") is { Length: > 0 } name ? name : key,
            Description = reader.Text("description") ?? "",
            Definition = SegmentDefinition.Read(key, reader, problems),
            Included = Written(ListName.Included, included),
            Excluded = Written(ListName.Excluded, excluded),
        };
        reader.RefuseOthers(ReadOnlyMembers);

        if (!problems.Any)
            draft.Document = draft.Write(reader.Any("criteria"));
        return draft;

        IReadOnlyList<string>? Written(ListName list, IReadOnlyList<MemberId>? ids) =>
            ids is not null ? [.. ids.Select(i => i.Id)]
            : isKept(list) ? null
            : [];
    }

    private static string ReadKey(JsonObjectReader reader, string? key)
    {
        var written = key is null ? reader.RequiredText("key") : reader.Text("key");
        if (key is not null && written is not null && written != key)
            reader.Problems.Add("key", $"must be '{key}', as in the path, or left out: a key never changes");
        return key ?? written ?? "";
    }

    private static IReadOnlyList<MemberId>? ReadList(JsonObjectReader reader, ListName list)
    {
        var count = reader.Integer(list.CountInJson());
        if (MemberIds.Read(reader, list.InJson()) is not { } ids)
            return null;

        if (ids.Count > MemberList.MaxShown)
            reader.Problems.Add(
                list.InJson(),
                $"must be at most {MemberList.MaxShown} ids; PATCH /v1/segments/{{key}}/members adds more"
            );
        // The first ids of a long list, as events carry them, must not pass for all of it.
        if (count is not null && count != ids.Count)
            reader.Problems.Add(
                list.CountInJson(),
                $"is {count}, but '{list.InJson()}' has {ids.Count} ids: leave out the list to keep it, or the count to replace it"
            );
        return ids;
    }

    // The criteria as they were written: an author finds his own numbers, order and spelling again.
    private JsonElement Write(JsonElement? criteria) =>
        ApiJson.ToElement(
            new
            {
                Key,
                Name,
                Description,
                Criteria = criteria,
            }
        );
}
