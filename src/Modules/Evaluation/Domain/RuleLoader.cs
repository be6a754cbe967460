using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Flags.Contracts;
using FeatureFlags.Rules;
using FeatureFlags.Segments.Contracts;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Evaluation.Domain;

/// <summary>Reads what changed in a scope since some revision, or all of it. The caller gives it one snapshot.</summary>
internal sealed class RuleLoader(AppDbContext db, ISender sender)
{
    // Past this many changes reading everything is the shorter way.
    private const int MostChanges = 1_000;

    /// <returns>The scope's rules now; null when nobody ever wrote to it.</returns>
    public async Task<ScopeRules?> Load(Scope scope, ScopeRules? known, CancellationToken ct)
    {
        if (await Row(scope, ct) is not { } row)
            return null;
        if (known is not null && known.Head == Head(row))
            return known with { IsFromFile = false };
        if (known is not null && await Changes(known.Head, row, known.Rules, ct) is { } changes)
            return known.With(changes);
        return (await All(row, known: [], ct)).Compiled();
    }

    /// <param name="known">What is in memory of it: of long lists that are there only what came since is read.</param>
    /// <returns>All that the scope's rules are made of; null when nobody ever wrote to it.</returns>
    public async Task<StoredRules?> Read(Scope scope, ScopeRules known, CancellationToken ct) =>
        await Row(scope, ct) is { } row
            ? await All(row, await IsOfSameHistory(known.Head, row, ct) ? [.. known.Rules.Segments] : [], ct)
            : null;

    /// <inheritdoc cref="Read"/>
    /// <returns>
    /// What became of the entities that changed since <paramref name="head"/>; null where that can't be known: the scope
    /// never stood there, or too long ago.
    /// </returns>
    public async Task<StoredChanges?> ReadSince(ScopeHead head, ScopeRules known, CancellationToken ct)
    {
        if (await Row(head.Scope, ct) is not { } row)
            return null;
        if (head == Head(row))
            return new StoredChanges(head, [], [], [], []);
        return await Changes(head, row, await IsOfSameHistory(known.Head, row, ct) ? known.Rules : null, ct);
    }

    private Task<ScopeRevision?> Row(Scope scope, CancellationToken ct) =>
        db.Set<ScopeRevision>()
            .AsNoTracking()
            .SingleOrDefaultAsync(r => r.Tenant == scope.Tenant && r.Environment == scope.Environment, ct);

    private static ScopeHead Head(ScopeRevision row) =>
        new(new Scope(row.Tenant, row.Environment), row.Revision, row.HeadEventId);

    private async Task<StoredRules> All(
        ScopeRevision row,
        IReadOnlyCollection<SegmentDefinition> known,
        CancellationToken ct
    ) =>
        new(
            Head(row),
            await sender.Send(new FlagDocuments(Keys: null), ct),
            await sender.Send(new SegmentDocuments(Keys: null, known), ct)
        );

    private async Task<bool> IsOfSameHistory(ScopeHead known, ScopeRevision row, CancellationToken ct) =>
        known == Head(row) || await ChangedSince(known, row, ct) is not null;

    /// <param name="known">
    /// What is in memory of this history of the scope: of segments that are there no more is read than what came since.
    /// </param>
    private async Task<StoredChanges?> Changes(ScopeHead since, ScopeRevision row, RuleSet? known, CancellationToken ct)
    {
        if (await ChangedSince(since, row, ct) is not { } changed)
            return null;

        string[] flagKeys = [.. changed.Where(c => c.Entity == "flag").Select(c => c.Key)];
        string[] segmentKeys = [.. changed.Where(c => c.Entity == "segment").Select(c => c.Key)];
        SegmentDefinition[] before =
        [
            .. segmentKeys.Select(key => known?.FindSegment(key)).OfType<SegmentDefinition>(),
        ];
        var flags = flagKeys is [] ? [] : await sender.Send(new FlagDocuments(flagKeys), ct);
        var segments = segmentKeys is [] ? [] : await sender.Send(new SegmentDocuments(segmentKeys, before), ct);
        return new StoredChanges(
            Head(row),
            flags,
            [.. flagKeys.Except(flags.Select(f => f.Key))],
            segments,
            [.. segmentKeys.Except(segments.Select(s => s.Key))]
        );
    }

    /// <returns>
    /// The entities that changed since, or null where that can't be known: the messages are gone, too many, or the
    /// database is not the one that was read before (a restored backup).
    /// </returns>
    private async Task<IReadOnlyCollection<(string Entity, string Key)>?> ChangedSince(
        ScopeHead known,
        ScopeRevision row,
        CancellationToken ct
    )
    {
        if (known.Revision < row.MinRevision || row.Revision - known.Revision > MostChanges)
            return null;

        // From the known one on, so that it shows whether it is still the same.
        var messages = await db.Set<OutboxMessage>()
            .AsNoTracking()
            .Where(m => m.Revision >= known.Revision)
            .OrderBy(m => m.Revision)
            .Select(m => new
            {
                m.EventId,
                m.Entity,
                m.EntityKey,
            })
            .ToListAsync(ct);
        if (messages.FirstOrDefault()?.EventId != known.EventId)
            return null;

        return messages.Skip(1).Select(m => (m.Entity, m.EntityKey)).ToHashSet();
    }
}
