namespace FeatureFlags.Segments.Domain;

internal enum ListName
{
    Included,
    Excluded,
}

internal static class ListNames
{
    public static string InJson(this ListName list) => list == ListName.Included ? "included" : "excluded";

    public static string CountInJson(this ListName list) => $"{list.InJson()}_count";
}

/// <summary>
/// One of a segment's two lists, as far as a change needs it: how many ids it has, and the first of them in the order
/// they were given. The list itself may have a million rows; what is to become of them is noted for the database.
/// </summary>
/// <param name="first">At least the first <see cref="MaxShown"/> ids that are left after the change, or all.</param>
internal sealed class MemberList(ListName name, IReadOnlyList<string> first, int count)
{
    /// <summary>The most ids of a list that a body takes, an answer shows or an event carries.</summary>
    public const int MaxShown = 1_000;

    private IReadOnlyList<string> _first = first;

    public ListName Name { get; } = name;

    public int Count { get; private set; } = count;

    /// <summary>The first ids, at most <see cref="MaxShown"/>, in the order they were given.</summary>
    public IEnumerable<string> First => _first.Take(MaxShown);

    /// <summary>All rows that are stored go, before any of <see cref="Added"/> comes.</summary>
    public bool Cleared { get; private set; }

    public IReadOnlyList<string> Removed { get; private set; } = [];

    public IReadOnlyList<string> Added { get; private set; } = [];

    public bool HasChanged => Cleared || Removed.Count > 0 || Added.Count > 0;

    /// <param name="ids">All ids of the list from now on, at most <see cref="MaxShown"/>. The order is a part of it.</param>
    public void Replace(IReadOnlyList<string> ids)
    {
        if (ids.Count == Count && ids.SequenceEqual(First, StringComparer.Ordinal))
            return;

        Cleared = Count > 0;
        Added = ids;
        _first = ids;
        Count = ids.Count;
    }

    /// <param name="added">Ids that are not in the list; they go to its end.</param>
    /// <param name="removed">Ids that are in the list.</param>
    public void Change(IReadOnlyList<string> added, IReadOnlyList<string> removed)
    {
        _first = [.. _first.Except(removed, StringComparer.Ordinal).Concat(added)];
        Count += added.Count - removed.Count;
        Added = added;
        Removed = removed;
    }
}
