namespace FeatureFlags.Rules.Engine;

/// <summary>
/// A term made ready to ask: names are resolved to the compiled segments and flags, draws know their prefix.
/// What each kind means is in one place, <see cref="Walk{TMode}"/>.
/// </summary>
internal abstract class Node;

/// <summary>An operator with its operand, asked of an attribute.</summary>
internal sealed class AttributeNode(AttributeTerm term) : Node
{
    // Beside each other, for whom there is no time to follow references.
    private readonly Test _test = term.Test;
    private readonly bool _isOnWhole = term.Operator.IsOnWhole;
    private readonly bool _isNegated = term.Operator.IsNegated;

    public AttributeTerm Term => term;

    public AttributePath Path { get; } = term.Path;

    public Outcome Ask(in AttributeValue value)
    {
        if (_isOnWhole)
            return _test(value);

        switch (value.Kind)
        {
            case ValueKind.Missing:
                return Outcome.Missing;
            case ValueKind.List:
                return AnyElement(value.List) != _isNegated ? Outcome.Yes : Outcome.No;
            default:
                var match = _test(value);
                return _isNegated ? Opposite(match) : match;
        }
    }

    private bool AnyElement(ReadOnlySpan<AttributeValue> elements)
    {
        foreach (ref readonly var element in elements)
        {
            if (_test(element) == Outcome.Yes)
                return true;
        }
        return false;
    }

    // A value of the wrong type is neither: it holds in no form.
    private static Outcome Opposite(Outcome match) =>
        match switch
        {
            Outcome.Yes => Outcome.No,
            Outcome.No => Outcome.Yes,
            _ => match,
        };
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
/// <param name="draw">Where it draws from.</param>
/// <param name="isShared">Whether the other gates of the flag or segment draw the same: once is enough.</param>
internal sealed class GateNode(double percentage, BucketBy by, Draw draw, bool isShared) : Node
{
    private readonly double _limit = percentage / 100;

    public double Percentage => percentage;

    public BucketBy By { get; } = by;

    public bool IsShared { get; } = isShared;

    /// <summary>NaN without a bucket key.</summary>
    public double BucketOf(EvaluationContext context) => draw.For(context, By);

    /// <summary>Not a user without a bucket: NaN is less than nothing.</summary>
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
