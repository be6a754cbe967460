using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Rules;
using FeatureFlags.Segments.Contracts;
using FeatureFlags.Segments.Domain;
using FeatureFlags.Segments.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Segments.Integrations;

internal sealed class AnswerSegmentDefinitions(AppDbContext db)
    : IQueryHandler<SegmentDefinitions, IReadOnlyList<SegmentDefinition>>
{
    public async Task<IReadOnlyList<SegmentDefinition>> Handle(SegmentDefinitions query, CancellationToken ct)
    {
        var segments = db.Segments().AsNoTracking();
        if (query.Keys is { } keys)
            segments = segments.Where(s => EF.Parameter(keys).Contains(s.Key));
        var found = await segments.ToListAsync(ct);
        await db.ReadShownLists(found, ct);

        var definitions = new List<SegmentDefinition>(found.Count);
        foreach (var segment in found)
        {
            definitions.Add(
                segment.Definition() with
                {
                    Included = await Members(segment, ListName.Included, ct),
                    Excluded = await Members(segment, ListName.Excluded, ct),
                }
            );
        }
        return definitions;
    }

    // A long list goes row by row into its set: of a million ids there is never a second copy in memory.
    private async Task<MemberSet> Members(Segment segment, ListName list, CancellationToken ct) =>
        segment.ShowsLists
            ? MemberSet.Of(segment.List(list).First)
            : await MemberSet.Of(db.Members(segment.Key, list).Select(m => m.Member).AsAsyncEnumerable(), ct);
}

internal sealed class AnswerSegmentsUsingFlag(AppDbContext db)
    : IQueryHandler<SegmentsUsingFlag, IReadOnlyList<FlagUse>>
{
    public async Task<IReadOnlyList<FlagUse>> Handle(SegmentsUsingFlag query, CancellationToken ct)
    {
        var rows = await db.References()
            .AsNoTracking()
            .Where(r => r.Kind == ReferenceKind.Flag && r.TargetKey == query.FlagKey)
            .OrderBy(r => r.SegmentKey)
            .ThenBy(r => r.Variant)
            .ToListAsync(ct);
        return [.. rows.GroupBy(r => r.SegmentKey, (key, uses) => new FlagUse(key, [.. uses.Select(u => u.Variant)]))];
    }
}
