namespace FeatureFlags.Rules.Engine;

/// <summary>
/// Decisions with their shares of [0, 1): half-open ranges in declared order, without those of weight 0. The last one
/// ends at 1, whatever the sums before it rounded to.
/// </summary>
internal sealed class Distribution
{
    private readonly Decision[] _decisions;
    private readonly double[] _ends;

    public Distribution(IReadOnlyList<(Decision Decision, double Weight)> shares)
    {
        var drawn = shares.Where(share => share.Weight > 0).ToArray();
        var total = shares.Sum(share => share.Weight);
        _decisions = Array.ConvertAll(drawn, share => share.Decision);
        _ends = new double[drawn.Length];
        var sum = 0.0;
        for (var i = 0; i < drawn.Length; i++)
            _ends[i] = (sum += drawn[i].Weight) / total;
        _ends[^1] = 1;
        Only = drawn.Length == 1 ? drawn[0].Decision : null;
    }

    /// <summary>What everyone gets; null when it takes a draw.</summary>
    public Decision? Only { get; }

    /// <summary>Each variant with where its range starts and ends.</summary>
    public IEnumerable<(CompiledVariant Variant, double From, double To)> Ranges =>
        _decisions.Select((decision, i) => (decision.Variant, i == 0 ? 0 : _ends[i - 1], _ends[i]));

    /// <summary>Null without a bucket, which is NaN.</summary>
    public Decision? At(double bucket)
    {
        if (double.IsNaN(bucket))
            return null;
        var i = 0;
        while (bucket >= _ends[i])
            i++;
        return _decisions[i];
    }
}
