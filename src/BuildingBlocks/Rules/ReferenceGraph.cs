namespace FeatureFlags.Rules;

/// <summary>Loads what each of these flags and segments refers to; one that does not exist may be left out.</summary>
public delegate Task<IReadOnlyDictionary<ReferenceNode, IReadOnlyCollection<ReferenceNode>>> LoadReferences(
    IReadOnlyCollection<ReferenceNode> nodes,
    CancellationToken cancellationToken
);

/// <summary>Follows references between flags and segments.</summary>
public static class ReferenceGraph
{
    /// <summary>
    /// The shortest cycle that leads from <paramref name="start"/> back to it, beginning and ending with it; null when
    /// there is none. What is already stored has no cycle, so a new one goes through what is being written.
    /// </summary>
    /// <param name="start">The flag or segment being written.</param>
    /// <param name="references">What it is about to refer to.</param>
    /// <param name="load">Called once per step away from the start, with all nodes of that step.</param>
    /// <param name="cancellationToken">Passed on to <paramref name="load"/>.</param>
    public static async Task<IReadOnlyList<ReferenceNode>?> FindCycle(
        ReferenceNode start,
        IEnumerable<ReferenceNode> references,
        LoadReferences load,
        CancellationToken cancellationToken = default
    )
    {
        var reachedFrom = new Dictionary<ReferenceNode, ReferenceNode>();
        var step = Reached(start, references);
        while (step.Count > 0 && !reachedFrom.ContainsKey(start))
        {
            var loaded = await load(step, cancellationToken);
            step = [.. step.SelectMany(node => Reached(node, loaded.GetValueOrDefault(node, [])))];
        }
        return reachedFrom.ContainsKey(start) ? PathBack() : null;

        List<ReferenceNode> Reached(ReferenceNode from, IEnumerable<ReferenceNode> targets) =>
            [.. targets.Where(target => reachedFrom.TryAdd(target, from))];

        List<ReferenceNode> PathBack()
        {
            var path = new List<ReferenceNode> { start };
            for (var node = reachedFrom[start]; node != start; node = reachedFrom[node])
                path.Add(node);
            path.Add(start);
            path.Reverse();
            return path;
        }
    }
}
