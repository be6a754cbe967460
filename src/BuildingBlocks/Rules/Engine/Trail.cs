namespace FeatureFlags.Rules.Engine;

/// <summary>
/// Where an evaluation has been, kept only among flags and segments that are cyclic. Writes refuse cycles, so this is
/// for data that came another way: it may allocate.
/// </summary>
internal sealed class Trail
{
    private readonly Vertex _vertex;
    private readonly Trail? _before;
    private readonly Trail _start;
    private readonly int _depth;
    private int _visits;

    private Trail(Vertex vertex, Trail? before)
    {
        _vertex = vertex;
        _before = before;
        _start = before?._start ?? this;
        _depth = (before?._depth ?? 0) + 1;
    }

    /// <summary>Goes on to a vertex, unless it was passed on the way here or the evaluation has gone too far.</summary>
    public static bool TryEnter(Vertex vertex, ref Trail? trail)
    {
        for (var passed = trail; passed is not null; passed = passed._before)
        {
            if (passed._vertex == vertex)
                return false;
        }
        trail = new Trail(vertex, trail);
        return trail._depth <= Limits.ReferenceDepth && ++trail._start._visits <= Limits.ReferenceVisits;
    }
}
