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
        string[] variants = [.. definition.Variants.Select(v => v.Key)];
        var self = new ReferenceNode(ReferenceKind.Flag, draft.Key);
        var errors = new FieldErrors();
        foreach (var broken in await sender.Send(new BrokenReferences(self, variants, definition.References), ct))
            errors.Add(broken.Path, broken.Message);
        if (existing is not null)
            await CheckRemovedVariants(existing, variants, errors, ct);
        errors.Throw();
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

    private async Task CheckRemovedVariants(
        Flag existing,
        IReadOnlyList<string> kept,
        FieldErrors errors,
        CancellationToken ct
    )
    {
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
}
