using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Flags.Contracts;
using FeatureFlags.Flags.Domain;
using FeatureFlags.Flags.Persistence;
using FeatureFlags.Rules;
using FeatureFlags.Segments.Contracts;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Flags.Integrations;

internal sealed class AnswerFlagDocuments(AppDbContext db) : IQueryHandler<FlagDocuments, IReadOnlyList<FlagDocument>>
{
    public async Task<IReadOnlyList<FlagDocument>> Handle(FlagDocuments query, CancellationToken ct)
    {
        IQueryable<Flag> flags = db.Flags();
        if (query.Keys is { } keys)
            flags = flags.Where(f => keys.Contains(f.Key));
        // The tags are in the document too: a join with their rows would fetch each flag's text once a tag.
        return await flags.Select(f => new FlagDocument(f.Key, f.Version, f.Document)).ToListAsync(ct);
    }
}

internal sealed class AnswerFlagsUsingSegment(AppDbContext db) : IQueryHandler<FlagsUsingSegment, IReadOnlyList<string>>
{
    public async Task<IReadOnlyList<string>> Handle(FlagsUsingSegment query, CancellationToken ct) =>
        await db.References()
            .AsNoTracking()
            .Where(r => r.Kind == ReferenceKind.Segment && r.TargetKey == query.SegmentKey)
            .Select(r => r.FlagKey)
            .OrderBy(key => key)
            .ToListAsync(ct);
}

internal sealed class AnswerFlagReferences(AppDbContext db)
    : IQueryHandler<FlagReferences, IReadOnlyDictionary<string, ReferencedFlag>>
{
    public async Task<IReadOnlyDictionary<string, ReferencedFlag>> Handle(FlagReferences query, CancellationToken ct)
    {
        if (query.Keys.Count == 0)
            return new Dictionary<string, ReferencedFlag>();

        var flags = await db.Flags().AsNoTracking().Where(f => query.Keys.Contains(f.Key)).ToListAsync(ct);
        return flags
            .Select(f => f.Definition())
            .ToDictionary(d => d.Key, d => new ReferencedFlag([.. d.Variants.Select(v => v.Key)], d.References));
    }
}
