using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Flags.Domain;
using FeatureFlags.Flags.Persistence;
using FeatureFlags.Rules;
using FeatureFlags.Segments.Contracts;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Flags.Integrations;

/// <summary>
/// Holds flags and segments together: what a flag names exists, nothing goes round in a circle, and nothing that is
/// still asked for goes away. Runs under the scope's lock, so two writes can't pass each other.
/// </summary>
internal sealed class ReferenceCheck(AppDbContext db, ISender sender)
{
    /// <param name="existing">The flag as it is, or null for a new one.</param>
    /// <exception cref="InvalidFieldsException">Names each reference that leads nowhere, or a circle.</exception>
    public async Task Require(FlagDraft draft, Flag? existing, CancellationToken ct)
    {
        var definition = draft.Definition!;
        var errors = new FieldErrors();
        await CheckTargets(definition, errors, ct);
        if (existing is not null)
            await CheckRemovedVariants(existing, definition, errors, ct);
        errors.Throw();

        var cycle = await ReferenceGraph.FindCycle(
            new ReferenceNode(ReferenceKind.Flag, draft.Key),
            definition.References,
            nodes => Load(nodes, ct)
        );
        if (cycle is not null)
            throw new InvalidFieldsException(cycle.Path, $"goes round in a circle: {cycle}");
    }

    /// <exception cref="ConflictException">Flags or segments still ask for this flag; the message lists them.</exception>
    public async Task RequireUnused(Flag flag, CancellationToken ct)
    {
        var users = await Users(flag.Key, ct);
        if (users.Count > 0)
            throw new ConflictException(
                $"Flag '{flag.Key}' is still required by: {string.Join(", ", users.Select(u => u.Name).Distinct())}."
            );
    }

    private async Task CheckTargets(FlagDefinition definition, FieldErrors errors, CancellationToken ct)
    {
        var byKind = definition.References.ToLookup(r => r.Kind, r => r.Key);
        var segments = await sender.Send(new SegmentReferences([.. byKind[ReferenceKind.Segment].Distinct()]), ct);
        var flags = await sender.Send(new FlagReferences([.. byKind[ReferenceKind.Flag].Distinct()]), ct);

        foreach (var reference in definition.References)
        {
            if (reference.Kind == ReferenceKind.Segment)
            {
                if (!segments.ContainsKey(reference.Key))
                    errors.Add(reference.Path, $"there is no segment '{reference.Key}'");
                continue;
            }

            // A flag that names itself is a circle, found below, whether it is stored yet or not.
            var variants =
                reference.Key == definition.Key ? [.. definition.Variants.Select(v => v.Key)]
                : flags.TryGetValue(reference.Key, out var flag) ? flag.Variants
                : null;
            if (variants is null)
                errors.Add(reference.Path, $"there is no flag '{reference.Key}'");
            else if (reference.Variants.Except(variants).FirstOrDefault() is { } missing)
                errors.Add(reference.Path, $"flag '{reference.Key}' has no variant '{missing}'");
        }
    }

    private async Task CheckRemovedVariants(
        Flag existing,
        FlagDefinition definition,
        FieldErrors errors,
        CancellationToken ct
    )
    {
        var kept = definition.Variants.Select(v => v.Key).ToHashSet(StringComparer.Ordinal);
        if (existing.Definition().Variants.All(v => kept.Contains(v.Key)))
            return;

        foreach (var user in await Users(existing.Key, ct))
        {
            if (user.Variant is not "" && !kept.Contains(user.Variant))
                errors.Add("variants", $"variant '{user.Variant}' is required by {user.Name}");
        }
    }

    private async Task<List<(string Name, string Variant)>> Users(string key, CancellationToken ct)
    {
        var flags = await db.References()
            .AsNoTracking()
            .Where(r => r.Kind == ReferenceKind.Flag && r.TargetKey == key && r.FlagKey != key)
            .OrderBy(r => r.FlagKey)
            .ToListAsync(ct);
        var segments = await sender.Send(new SegmentsUsingFlag(key), ct);
        return
        [
            .. flags.Select(r => ($"flag '{r.FlagKey}'", r.Variant)),
            .. segments.SelectMany(s => s.Variants.Select(v => ($"segment '{s.SegmentKey}'", v))),
        ];
    }

    private async Task<IReadOnlyDictionary<ReferenceNode, IReadOnlyList<Reference>>> Load(
        IReadOnlyCollection<ReferenceNode> nodes,
        CancellationToken ct
    )
    {
        var byKind = nodes.ToLookup(n => n.Kind, n => n.Key);
        var flags = await sender.Send(new FlagReferences([.. byKind[ReferenceKind.Flag]]), ct);
        var segments = await sender.Send(new SegmentReferences([.. byKind[ReferenceKind.Segment]]), ct);
        return flags
            .Select(f => (new ReferenceNode(ReferenceKind.Flag, f.Key), f.Value.References))
            .Concat(segments.Select(s => (new ReferenceNode(ReferenceKind.Segment, s.Key), s.Value)))
            .ToDictionary(n => n.Item1, n => n.Item2);
    }
}
