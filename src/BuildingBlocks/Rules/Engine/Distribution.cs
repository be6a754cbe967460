namespace FeatureFlags.Rules.Engine;

/// <summary>
/// Variants with their shares of [0, 1): half-open ranges in declared order, without those of weight 0. The last one
/// ends at 1, whatever the sums before it rounded to.
/// </summary>
internal sealed class Distribution
{
    private readonly CompiledVariant[] _variants;
    private readonly double[] _ends;

    public Distribution(IReadOnlyList<(CompiledVariant Variant, double Weight)> shares)
    {
        var drawn = shares.Where(share => share.Weight > 0).ToArray();
        var total = shares.Sum(share => share.Weight);
        _variants = Array.ConvertAll(drawn, share => share.Variant);
        _ends = new double[drawn.Length];
        var sum = 0.0;
        for (var i = 0; i < drawn.Length; i++)
            _ends[i] = (sum += drawn[i].Weight) / total;
        _ends[^1] = 1;
    }

    /// <summary>The variant that everyone gets; null when it takes a draw.</summary>
    public CompiledVariant? Only => _variants.Length == 1 ? _variants[0] : null;

    /// <summary>Each variant with where its range starts and ends.</summary>
    public IEnumerable<(CompiledVariant Variant, double From, double To)> Ranges =>
        _variants.Select((variant, i) => (variant, i == 0 ? 0 : _ends[i - 1], _ends[i]));

    public CompiledVariant At(double bucket)
    {
        var i = 0;
        while (bucket >= _ends[i])
            i++;
        return _variants[i];
    }
}
