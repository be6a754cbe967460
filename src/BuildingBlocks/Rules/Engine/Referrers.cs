namespace FeatureFlags.Rules.Engine;

/// <summary>Which flags and segments refer to which. Immutable.</summary>
internal sealed class Referrers
{
    public static readonly Referrers None = new([]);

    private readonly Dictionary<ReferenceNode, ReferenceNode[]> _of;

    private Referrers(Dictionary<ReferenceNode, ReferenceNode[]> of) => _of = of;

    /// <summary>What refers to these nodes, directly or through others.</summary>
    public HashSet<ReferenceNode> Dependents(IEnumerable<ReferenceNode> nodes)
    {
        var dependents = new HashSet<ReferenceNode>();
        var open = new Stack<ReferenceNode>(nodes);
        while (open.TryPop(out var node))
        {
            foreach (var referrer in _of.GetValueOrDefault(node, []))
            {
                if (dependents.Add(referrer))
                    open.Push(referrer);
            }
        }
        return dependents;
    }

    /// <summary>The same where no node refers to anything else than before, as in most changes.</summary>
    public Referrers With(IEnumerable<NewReferences> changes)
    {
        var moved = changes.Where(change => !change.Before.SequenceEqual(change.After)).ToList();
        if (moved is [])
            return this;

        var of = new Dictionary<ReferenceNode, ReferenceNode[]>(_of);
        var nodes = moved.Select(change => change.Node).ToHashSet();
        foreach (var target in moved.SelectMany(change => change.Before).Distinct())
        {
            of[target] = [.. of[target].Where(referrer => !nodes.Contains(referrer))];
            if (of[target] is [])
                of.Remove(target);
        }

        var added = moved.SelectMany(change => change.After.Distinct(), (change, target) => (target, change.Node));
        foreach (var referrers in added.GroupBy(a => a.target, a => a.Node))
            of[referrers.Key] = [.. of.GetValueOrDefault(referrers.Key, []), .. referrers];
        return new Referrers(of);
    }
}

/// <summary>What a flag or a segment referred to before a change, and does after it.</summary>
internal readonly record struct NewReferences(
    ReferenceNode Node,
    IEnumerable<ReferenceNode> Before,
    IEnumerable<ReferenceNode> After
);
