using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Rules;
using FeatureFlags.Segments.Contracts;
using FeatureFlags.Segments.Domain;
using FeatureFlags.Segments.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Segments.Integrations;

/// <summary>The keys of what names a segment.</summary>
internal sealed record Usage(IReadOnlyList<string> Flags, IReadOnlyList<string> Segments);

/// <summary>
/// Holds segments together with what they name and what names them. Writes run it under the scope's lock, so two can't
/// pass each other.
/// </summary>
internal sealed class ReferenceCheck(AppDbContext db, ISender sender)
{
    /// <exception cref="InvalidFieldsException">Names each reference that leads nowhere, or a circle.</exception>
    public async Task Require(SegmentDraft draft, CancellationToken ct)
    {
        var self = new ReferenceNode(ReferenceKind.Segment, draft.Key);
        var errors = new FieldErrors();
        foreach (var broken in await sender.Send(new BrokenReferences(self, [], draft.Definition!.References), ct))
            errors.Add(broken.Path, broken.Message);
        errors.Throw();
    }

    /// <exception cref="ConflictException">Flags or segments still name this segment; the message lists them.</exception>
    public async Task RequireUnused(Segment segment, CancellationToken ct)
    {
        var usage = await Usage(segment.Key, ct);
        string[] users =
        [
            .. usage.Flags.Select(key => $"flag '{key}'"),
            .. usage.Segments.Select(key => $"segment '{key}'"),
        ];
        if (users is not [])
            throw new ConflictException($"Segment '{segment.Key}' is still used by: {string.Join(", ", users)}.");
    }

    public async Task<Usage> Usage(string key, CancellationToken ct) =>
        new(
            await sender.Send(new FlagsUsingSegment(key), ct),
            await db.References()
                .AsNoTracking()
                .Where(r => r.Kind == ReferenceKind.Segment && r.TargetKey == key)
                .Select(r => r.SegmentKey)
                .OrderBy(user => user)
                .ToListAsync(ct)
        );
}
