namespace FeatureFlags.Rules.Engine;

/// <summary>
/// Decisions with their shares of [0, 1): half-open ranges in declared order, without those of weight 0. The last one
/// ends at 1, whatever the sums before it rounded to.
/// </summary>
internal sealed class Distribution
{
    private readonly (double End, Decision Decision)[] _ranges;

    public Distribution(IReadOnlyList<(Decision Decision, double Weight)> shares)
    {
        var drawn = shares.Where(share => share.Weight > 0).ToArray();
        var total = shares.Sum(share => share.Weight);
        var sum = 0.0;
        _ranges = Array.ConvertAll(drawn, share => ((sum += share.Weight) / total, share.Decision));
        _ranges[^1].End = 1;
        Only = drawn.Length == 1 ? drawn[0].Decision : null;
    }

    /// <summary>What everyone gets; null when it takes a draw.</summary>
    public Decision? Only { get; }

    /// <summary>Each variant with where its range starts and ends.</summary>
    public IEnumerable<(CompiledVariant Variant, double From, double To)> Ranges =>
        _ranges.Select((range, i) => (range.Decision.Variant, i == 0 ? 0 : _ranges[i - 1].End, range.End));

    /// <summary>Null without a bucket, which is NaN.</summary>
    public Decision? At(double bucket)
    {
        if (double.IsNaN(bucket))
            return null;
        var i = 0;
        while (bucket >= _ranges[i].End)
            i++;
        return _ranges[i].Decision;
    }
}
