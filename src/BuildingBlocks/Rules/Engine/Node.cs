namespace FeatureFlags.Rules.Engine;

/// <summary>
/// A term made ready to ask: names are resolved to the compiled segments and flags, draws know their prefix.
/// What each kind means is in one place, <see cref="Walk{TMode}"/>.
/// </summary>
internal abstract class Node;

internal sealed class AttributeNode(AttributeTerm term) : Node
{
    public AttributePath Path => term.Path;

    public Matcher[] Matchers { get; } = term.Matchers;
}

/// <param name="keys">The keys of the segments.</param>
/// <param name="segments">The segments in the same order; null: there is none of that key.</param>
internal sealed class SegmentNode(string[] keys, CompiledSegment?[] segments) : Node
{
    public string[] Keys => keys;

    public CompiledSegment?[] Segments { get; } = segments;
}

/// <param name="key">The flag's key.</param>
/// <param name="flag">Null: there is none of that key.</param>
/// <param name="variants">The variants that meet it.</param>
internal sealed class FlagNode(string key, CompiledFlag? flag, string[] variants) : Node
{
    public string Key => key;

    public CompiledFlag? Flag { get; } = flag;

    public string[] Variants { get; } = variants;
}

/// <param name="percentage">0 to 100.</param>
/// <param name="by">What to bucket by.</param>
/// <param name="draw">Null: the draw that the gates of the flag share, which has been made.</param>
internal sealed class GateNode(double percentage, BucketBy by, Draw? draw) : Node
{
    private readonly double _limit = percentage / 100;

    public double Percentage => percentage;

    public BucketBy By { get; } = by;

    public Draw? Draw { get; } = draw;

    public bool Admits(double bucket) => bucket < _limit;
}

internal sealed class AllNode(Node[][] conditions) : Node
{
    public Node[][] Conditions { get; } = conditions;
}

internal sealed class AnyNode(Node[][] conditions) : Node
{
    public Node[][] Conditions { get; } = conditions;
}

internal sealed class NotNode(Node[] condition) : Node
{
    public Node[] Condition { get; } = condition;
}
