namespace FeatureFlags.Rules.Engine;

/// <summary>A flag's or a segment's place among those it refers to, worked out when it is linked.</summary>
/// <param name="isSegment">Whether it is a segment's.</param>
/// <param name="isUnreadable">Whether its definition can't be read.</param>
internal sealed class Vertex(bool isSegment, bool isUnreadable)
{
    private bool IsSegment => isSegment;

    /// <summary>What it refers to, once for each time it does.</summary>
    public List<Vertex> Targets { get; } = [];

    /// <summary>The length of the longest chain of references from here, itself included.</summary>
    public int Depth { get; private set; } = 1;

    /// <summary>How many flags and segments an evaluation visits at most, itself included.</summary>
    public int Visits { get; private set; } = 1;

    /// <summary>On a cycle, or perhaps only on the way to one: an evaluation has to remember that it was here.</summary>
    public bool IsCyclic { get; private set; }

    /// <summary>
    /// Its definition can't be read, or that of a segment it uses. An unreadable flag that it asks for a variant does
    /// not count: that is a condition that is not met.
    /// </summary>
    public bool UsesUnreadable { get; private set; } = isUnreadable;

    public bool IsTooDeep => Depth > Limits.ReferenceDepth || Visits > Limits.ReferenceVisits;

    /// <summary>Measures these vertices, whose targets are either among them or measured before.</summary>
    public static void Measure(IReadOnlyCollection<Vertex> vertices)
    {
        var open = new Dictionary<Vertex, int>();
        foreach (var vertex in vertices)
            open[vertex] = 0;
        var referrers = new Dictionary<Vertex, List<Vertex>>();
        foreach (var vertex in vertices)
        {
            foreach (var target in vertex.Targets.Where(open.ContainsKey))
            {
                open[vertex]++;
                if (!referrers.TryGetValue(target, out var list))
                    referrers[target] = list = [];
                list.Add(vertex);
            }
        }

        // From the ends of the chains inwards: what never gets rid of its open targets leads to a cycle.
        var ready = new Stack<Vertex>(vertices.Where(vertex => open[vertex] == 0));
        while (ready.TryPop(out var vertex))
        {
            vertex.Measure();
            open.Remove(vertex);
            foreach (var referrer in referrers.GetValueOrDefault(vertex, []))
            {
                if (--open[referrer] == 0)
                    ready.Push(referrer);
            }
        }
        foreach (var vertex in open.Keys)
            vertex.IsCyclic = true;
    }

    private void Measure()
    {
        foreach (var target in Targets)
        {
            Depth = Math.Max(Depth, target.Depth + 1);
            Visits = (int)Math.Min(int.MaxValue, (long)Visits + target.Visits);
            UsesUnreadable |= target.IsSegment && target.UsesUnreadable;
        }
    }
}
