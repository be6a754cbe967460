using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Rules;
using FeatureFlags.Segments.Contracts;
using FeatureFlags.Segments.Domain;
using FeatureFlags.Segments.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Segments.Integrations;

internal sealed class AnswerSegmentDocuments(AppDbContext db)
    : IQueryHandler<SegmentDocuments, IReadOnlyList<SegmentDocument>>
{
    public async Task<IReadOnlyList<SegmentDocument>> Handle(SegmentDocuments query, CancellationToken ct)
    {
        var segments = db.Segments().AsNoTracking();
        if (query.Keys is { } keys)
            segments = segments.Where(s => EF.Parameter(keys).Contains(s.Key));
        var found = await segments.ToListAsync(ct);
        await db.ReadShownLists(found, ct);

        var known = query.Known.ToDictionary(k => k.Key, StringComparer.Ordinal);
        var documents = new List<SegmentDocument>(found.Count);
        foreach (var segment in found)
        {
            var before = known.GetValueOrDefault(segment.Key);
            var position = before?.Position ?? 0;
            documents.Add(
                new SegmentDocument(
                    segment.Key,
                    segment.Version,
                    segment.Document,
                    segment.NextPosition,
                    await db.ReadSet(segment, ListName.Included, before?.Included, position, ct),
                    await db.ReadSet(segment, ListName.Excluded, before?.Excluded, position, ct)
                )
            );
        }
        return documents;
    }
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
