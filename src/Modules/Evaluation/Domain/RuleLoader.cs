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

        var head = new ScopeHead(scope, row.Revision, row.HeadEventId);
        if (known is not null && known.Head == head)
            return known with { IsFromFile = false };

        if (known is not null && await ChangedSince(known.Head, row, ct) is { } changed)
        {
            return known.With(
                head,
                await Flags([.. changed.Where(c => c.Entity == "flag").Select(c => c.Key)], ct),
                await Segments([.. changed.Where(c => c.Entity == "segment").Select(c => c.Key)], known.Rules, ct)
            );
        }
        return (await All(head, known: [], ct)).Compiled();
    }

    /// <param name="known">What is in memory of it: of long lists that are there only what came since is read.</param>
    /// <returns>All that the scope's rules are made of; null when nobody ever wrote to it.</returns>
    public async Task<StoredRules?> Read(Scope scope, ScopeRules known, CancellationToken ct)
    {
        if (await Row(scope, ct) is not { } row)
            return null;

        var head = new ScopeHead(scope, row.Revision, row.HeadEventId);
        var isSameHistory = known.Head == head || await ChangedSince(known.Head, row, ct) is not null;
        return await All(head, isSameHistory ? [.. known.Rules.Segments] : [], ct);
    }

    private Task<ScopeRevision?> Row(Scope scope, CancellationToken ct) =>
        db.Set<ScopeRevision>()
            .AsNoTracking()
            .SingleOrDefaultAsync(r => r.Tenant == scope.Tenant && r.Environment == scope.Environment, ct);

    private async Task<StoredRules> All(
        ScopeHead head,
        IReadOnlyCollection<SegmentDefinition> known,
        CancellationToken ct
    ) =>
        new(
            head,
            await sender.Send(new FlagDocuments(Keys: null), ct),
            await sender.Send(new SegmentDocuments(Keys: null, known), ct)
        );

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

    private async Task<Reread<FlagDefinition>> Flags(string[] keys, CancellationToken ct) =>
        new(keys, keys is [] ? [] : [.. (await sender.Send(new FlagDocuments(keys), ct)).Select(f => f.Definition())]);

    // What is known is of the same history, which the messages since then have shown: it needs no more than what came
    // since.
    private async Task<Reread<SegmentDefinition>> Segments(string[] keys, RuleSet known, CancellationToken ct)
    {
        if (keys is [])
            return new(keys, []);

        SegmentDefinition[] before = [.. keys.Select(known.FindSegment).OfType<SegmentDefinition>()];
        var now = await sender.Send(new SegmentDocuments(keys, before), ct);
        return new(keys, [.. now.Select(s => s.Definition())]);
    }
}
