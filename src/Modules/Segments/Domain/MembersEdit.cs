using System.Text.Json;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.Segments.Domain;

/// <summary>Ids to add to and remove from one list of a segment, as a caller wrote them.</summary>
internal sealed class MembersEdit
{
    /// <summary>The most ids of one call, added and removed together.</summary>
    public const int MaxIds = 10_000;

    private MembersEdit(Problems problems) => Problems = problems;

    public Problems Problems { get; }
    public ListName List { get; private init; }
    public IReadOnlyList<MemberId> Add { get; private init; } = [];
    public IReadOnlyList<MemberId> Remove { get; private init; } = [];

    /// <summary>Every id it names, once.</summary>
    public IReadOnlyList<string> Ids => [.. Add.Concat(Remove).Select(named => named.Id)];

    public static MembersEdit Read(JsonElement body)
    {
        var problems = new Problems();
        if (JsonObjectReader.Over(body, "", problems) is not { } reader)
            return new MembersEdit(problems);

        var edit = new MembersEdit(problems)
        {
            List = ReadList(reader),
            Add = MemberIds.Read(reader, "add") ?? [],
            Remove = MemberIds.Read(reader, "remove") ?? [],
        };
        if (!reader.Has("add") && !reader.Has("remove"))
            problems.Add("add", "is required, or remove is");
        reader.RefuseOthers();

        MemberIds.RequireApart(edit.Add, edit.Remove, problems);
        if (edit.Add.Count + edit.Remove.Count > MaxIds)
            problems.Add("", $"names {edit.Add.Count + edit.Remove.Count} ids; one call takes at most {MaxIds}");
        return edit;
    }

    private static ListName ReadList(JsonObjectReader reader)
    {
        var written = reader.RequiredText("list");
        foreach (var list in Enum.GetValues<ListName>())
        {
            if (written == list.InJson())
                return list;
        }
        if (written is not null)
            reader.Problems.Add("list", "must be one of: included, excluded");
        return default;
    }
}
