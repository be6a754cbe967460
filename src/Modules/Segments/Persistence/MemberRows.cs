using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Rules;
using FeatureFlags.Segments.Domain;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Segments.Persistence;

/// <summary>
/// The rows of segments' members. A segment may have a million, so nothing here reads or writes more of them than it
/// names; sets of ids go to the database as one parameter (<see cref="EF.Parameter"/>), however many they are.
/// </summary>
internal static class MemberRows
{
    public static IQueryable<SegmentMember> Members(this AppDbContext db) => db.Set<SegmentMember>().AsNoTracking();

    public static IQueryable<SegmentMember> Members(this AppDbContext db, string key, ListName list) =>
        db.Members().Where(m => m.SegmentKey == key && m.List == list);

    public static IQueryable<SegmentRemoval> Removals(this AppDbContext db, string key) =>
        db.Set<SegmentRemoval>().AsNoTracking().Where(r => r.SegmentKey == key);

    /// <summary>Gives each segment that shows its lists its lists.</summary>
    public static async Task ReadShownLists(
        this AppDbContext db,
        IReadOnlyCollection<Segment> segments,
        CancellationToken ct
    )
    {
        var shown = segments.Where(s => s.ShowsLists).ToList();
        string[] keys = [.. shown.Where(s => s.IncludedCount + s.ExcludedCount > 0).Select(s => s.Key)];
        var rows = keys is []
            ? []
            : await db.Members()
                .Where(m => EF.Parameter(keys).Contains(m.SegmentKey))
                .OrderBy(m => m.Position)
                .Select(m => new
                {
                    m.SegmentKey,
                    m.List,
                    m.Member,
                })
                .ToListAsync(ct);
        var ids = rows.ToLookup(r => (r.SegmentKey, r.List), r => r.Member);
        foreach (var segment in shown)
            segment.SetLists([.. ids[(segment.Key, ListName.Included)]], [.. ids[(segment.Key, ListName.Excluded)]]);
    }

    /// <summary>Gives a segment as much of its lists as it needs to change.</summary>
    /// <param name="removing">How many ids the change may remove.</param>
    public static async Task ReadFirstMembers(this AppDbContext db, Segment segment, int removing, CancellationToken ct)
    {
        segment.SetLists(await First(ListName.Included), await First(ListName.Excluded));

        async Task<IReadOnlyList<string>> First(ListName list) =>
            await db.Members(segment.Key, list)
                .OrderBy(m => m.Position)
                .Take(MemberList.MaxShown + removing)
                .Select(m => m.Member)
                .ToListAsync(ct);
    }

    /// <summary>Which of these ids stand in a list of the segment, and in which.</summary>
    public static async Task<IReadOnlyDictionary<string, ListName>> FindMembers(
        this AppDbContext db,
        string key,
        IReadOnlyList<string> ids,
        CancellationToken ct
    ) =>
        // Both lists are named for the index's sake: ids follow the list in it.
        await db.Members()
            .Where(m => m.SegmentKey == key && (m.List == ListName.Included || m.List == ListName.Excluded))
            .Where(m => EF.Parameter(ids).Contains(m.Member))
            .ToDictionaryAsync(m => m.Member, m => m.List, StringComparer.Ordinal, ct);

    /// <exception cref="InvalidFieldsException">An id of a list that is written stands in the other, which is kept.</exception>
    public static async Task RequireApart(this AppDbContext db, SegmentDraft draft, CancellationToken ct)
    {
        var (written, ids) = draft switch
        {
            { Included: { } included, Excluded: null } => (ListName.Included, included),
            { Included: null, Excluded: { } excluded } => (ListName.Excluded, excluded),
            _ => (default, []),
        };
        if (ids is [])
            return;

        var stored = await db.FindMembers(draft.Key, ids, ct);
        var errors = new FieldErrors();
        for (var i = 0; i < ids.Count; i++)
        {
            if (stored.TryGetValue(ids[i], out var list) && list != written)
                errors.Add($"{written.InJson()}[{i}]", MemberIds.InOtherList(ids[i], list));
        }
        errors.Throw();
    }

    /// <summary>
    /// All ids of a list, for which of a long one as little as possible is read: what came and went since
    /// <paramref name="known"/> was read.
    /// </summary>
    /// <remarks>
    /// Whether removals are missing (their rows are only kept for a while, a list is cleared without any, an older
    /// version of this service writes none) shows in the count. What is in the list now either was in it then and was
    /// not removed since, or was added since: so the known ids, less the removals there are, with the additions, are
    /// all that are in the list, and perhaps some that are not. Where they are as many, they are the same.
    /// </remarks>
    /// <param name="known">
    /// The list as it was read at <paramref name="position"/>, in this history of the database; null where it never was.
    /// </param>
    public static async Task<MemberSet> ReadSet(
        this AppDbContext db,
        Segment segment,
        ListName list,
        MemberSet? known,
        long position,
        CancellationToken ct
    )
    {
        if (segment.ShowsLists)
            return MemberSet.Of(segment.List(list).First);

        if (known is not null && segment.NextPosition - position <= SegmentRemoval.KeptPositions)
        {
            var added = await db.Members(segment.Key, list)
                .Where(m => m.Position >= position)
                .Select(m => m.Member)
                .ToListAsync(ct);
            var removed = await db.Removals(segment.Key)
                .Where(r => r.Position >= position && r.List == list)
                .Select(r => r.Member)
                .ToListAsync(ct);
            var current = known.With(added, removed);
            if (current.Count == segment.CountOf(list))
                return current;
        }
        // Row by row into the set: of a million ids there is never a second copy in memory.
        return await MemberSet.Of(db.Members(segment.Key, list).Select(m => m.Member).AsAsyncEnumerable(), ct);
    }

    /// <summary>Does to the rows what was done to the segment's lists.</summary>
    public static async Task WriteMembers(this AppDbContext db, Segment segment, CancellationToken ct)
    {
        foreach (var list in segment.Lists)
        {
            var rows = db.Members(segment.Key, list.Name);
            var removed = list.Removed;
            if (list.Cleared)
                await rows.ExecuteDeleteAsync(ct);
            if (removed.Count > 0)
            {
                await rows.Where(m => EF.Parameter(removed).Contains(m.Member)).ExecuteDeleteAsync(ct);
                db.AddRange(removed.Select(id => segment.Removal(list.Name, id)));
            }
            db.AddRange(list.Added.Select(id => segment.Place(list.Name, id)));
        }

        var oldest = segment.DeletedAt is null
            ? segment.NextPosition - SegmentRemoval.KeptPositions
            : segment.NextPosition;
        if (segment.DeletedAt is not null || segment.Lists.Any(list => list.Removed.Count > 0))
            await db.Removals(segment.Key).Where(r => r.Position < oldest).ExecuteDeleteAsync(ct);
    }
}
