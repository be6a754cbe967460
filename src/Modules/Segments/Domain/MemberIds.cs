using FeatureFlags.Rules.Json;

namespace FeatureFlags.Segments.Domain;

/// <summary>An id as a body names it, and where.</summary>
internal readonly record struct MemberId(string Id, string Path);

/// <summary>What holds of ids in a body, whichever call it belongs to.</summary>
internal static class MemberIds
{
    public const int MaxLength = 256;

    /// <summary>
    /// The ids of an array; null when it is left out. Whatever is no id, or stands there twice, is a problem at its
    /// path.
    /// </summary>
    public static IReadOnlyList<MemberId>? Read(JsonObjectReader reader, string name)
    {
        if (reader.Array(name) is not { } elements)
            return null;

        var ids = new Dictionary<string, MemberId>(StringComparer.Ordinal);
        foreach (var (element, path) in elements)
        {
            if (reader.TextOf(element, path) is not { } id)
                continue;
            if (id.Length is 0 or > MaxLength)
                reader.Problems.Add(path, $"must be 1 to {MaxLength} characters");
            else if (!ids.TryAdd(id, new MemberId(id, path)))
                reader.Problems.Add(path, $"'{id}' stands at {ids[id].Path} already");
        }
        return [.. ids.Values];
    }

    /// <summary>Notes every id that stands in both.</summary>
    public static void RequireApart(IReadOnlyList<MemberId> one, IReadOnlyList<MemberId> other, Problems problems)
    {
        var paths = one.ToDictionary(m => m.Id, m => m.Path, StringComparer.Ordinal);
        foreach (var (id, path) in other)
        {
            if (paths.TryGetValue(id, out var there))
                problems.Add(path, $"'{id}' stands at {there} too");
        }
    }

    /// <summary>What is wrong with an id that is written into one list while it is stored in the other.</summary>
    public static string InOtherList(string id, ListName list) =>
        $"'{id}' is in '{list.InJson()}', and an id is in one list at most: remove it there first";
}
