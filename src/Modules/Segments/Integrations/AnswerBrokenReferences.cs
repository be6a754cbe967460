using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Rules;
using FeatureFlags.Segments.Contracts;
using FeatureFlags.Segments.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Segments.Integrations;

internal sealed class AnswerBrokenReferences(AppDbContext db, ISender sender)
    : IQueryHandler<BrokenReferences, IReadOnlyList<BrokenReference>>
{
    public async Task<IReadOnlyList<BrokenReference>> Handle(BrokenReferences query, CancellationToken ct)
    {
        var broken = await LeadingNowhere(query, ct);
        // What leads nowhere is told first: a circle is looked for along references that hold.
        return broken is [] ? await LeadingBack(query, ct) : broken;
    }

    private async Task<IReadOnlyList<BrokenReference>> LeadingNowhere(BrokenReferences query, CancellationToken ct)
    {
        // What names itself is a circle, found below, whether it is stored yet or not.
        var others = query.References.Where(r => r.Node != query.Owner).ToLookup(r => r.Kind, r => r.Key);
        var flags = await Flags(others[ReferenceKind.Flag], ct);
        var segments = await Existing(others[ReferenceKind.Segment], ct);

        var broken = new List<BrokenReference>();
        foreach (var reference in query.References)
        {
            if (reference.Kind == ReferenceKind.Segment)
            {
                if (reference.Node != query.Owner && !segments.Contains(reference.Key))
                    broken.Add(new BrokenReference(reference.Path, $"there is no segment '{reference.Key}'"));
                continue;
            }

            var variants =
                reference.Node == query.Owner ? query.OwnVariants
                : flags.TryGetValue(reference.Key, out var flag) ? flag.Variants
                : null;
            if (variants is null)
                broken.Add(new BrokenReference(reference.Path, $"there is no flag '{reference.Key}'"));
            else if (reference.Variants.Except(variants).FirstOrDefault() is { } missing)
                broken.Add(
                    new BrokenReference(
                        reference.VariantPath ?? reference.Path,
                        $"flag '{reference.Key}' has no variant '{missing}'"
                    )
                );
        }
        return broken;
    }

    private async Task<IReadOnlyList<BrokenReference>> LeadingBack(BrokenReferences query, CancellationToken ct)
    {
        var graph = new Dictionary<ReferenceNode, IReadOnlyCollection<ReferenceNode>>();
        var cycle = await ReferenceGraph.FindCycle(query.Owner, query.References.Select(r => r.Node), Walk, ct);
        if (cycle is null)
            return TooLong(query, graph);

        // It leaves the owner by one of the references that are being written.
        var culprit = query.References.First(r => r.Node == cycle[1]);
        var way = string.Join(" → ", cycle.Select(Named));
        return [new BrokenReference(culprit.Path, $"goes round in a circle: {way}")];

        async Task<IReadOnlyDictionary<ReferenceNode, IReadOnlyCollection<ReferenceNode>>> Walk(
            IReadOnlyCollection<ReferenceNode> nodes,
            CancellationToken token
        )
        {
            var loaded = await Load(nodes, token);
            foreach (var (node, targets) in loaded)
                graph[node] = targets;
            return loaded;
        }
    }

    // What already refers to the owner is not followed: its chain may grow past the limit, and then says so itself.
    private static IReadOnlyList<BrokenReference> TooLong(
        BrokenReferences query,
        Dictionary<ReferenceNode, IReadOnlyCollection<ReferenceNode>> graph
    )
    {
        var lengths = new Dictionary<ReferenceNode, int>();
        return
        [
            .. query
                .References.Where(r => 1 + Length(r.Node) > Limits.ReferenceDepth)
                .Select(r => new BrokenReference(
                    r.Path,
                    $"begins a chain of more than {Limits.ReferenceDepth} flags and segments"
                )),
        ];

        int Length(ReferenceNode node)
        {
            if (!lengths.TryGetValue(node, out var length))
                lengths[node] = length = 1 + graph.GetValueOrDefault(node, []).Select(Length).DefaultIfEmpty().Max();
            return length;
        }
    }

    private async Task<IReadOnlyDictionary<ReferenceNode, IReadOnlyCollection<ReferenceNode>>> Load(
        IReadOnlyCollection<ReferenceNode> nodes,
        CancellationToken ct
    )
    {
        var keys = nodes.ToLookup(n => n.Kind, n => n.Key);
        var flags = await Flags(keys[ReferenceKind.Flag], ct);
        string[] segmentKeys = [.. keys[ReferenceKind.Segment]];
        var segments = await db.References()
            .AsNoTracking()
            .Where(r => EF.Parameter(segmentKeys).Contains(r.SegmentKey))
            .ToListAsync(ct);

        return flags
            .SelectMany(f =>
                f.Value.References.Select(r => (From: new ReferenceNode(ReferenceKind.Flag, f.Key), To: r.Node))
            )
            .Concat(
                segments.Select(r =>
                    (
                        From: new ReferenceNode(ReferenceKind.Segment, r.SegmentKey),
                        To: new ReferenceNode(r.Kind, r.TargetKey)
                    )
                )
            )
            .GroupBy(r => r.From, r => r.To)
            .ToDictionary(g => g.Key, IReadOnlyCollection<ReferenceNode> (g) => [.. g.Distinct()]);
    }

    private async Task<IReadOnlyDictionary<string, ReferencedFlag>> Flags(
        IEnumerable<string> keys,
        CancellationToken ct
    ) => await sender.Send(new FlagReferences([.. keys.Distinct()]), ct);

    private async Task<HashSet<string>> Existing(IEnumerable<string> keys, CancellationToken ct)
    {
        string[] sought = [.. keys.Distinct()];
        var found = sought is []
            ? []
            : await db.Segments().Where(s => EF.Parameter(sought).Contains(s.Key)).Select(s => s.Key).ToListAsync(ct);
        return found.ToHashSet(StringComparer.Ordinal);
    }

    private static string Named(ReferenceNode node) =>
        node.Kind == ReferenceKind.Flag ? $"flag '{node.Key}'" : $"segment '{node.Key}'";
}
