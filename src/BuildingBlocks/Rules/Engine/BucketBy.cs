namespace FeatureFlags.Rules.Engine;

/// <summary>The attributes a user may be bucketed by, of which the first that is there, and can be, counts.</summary>
internal sealed class BucketBy(AttributePath[] paths)
{
    public static readonly BucketBy Id = new([AttributePath.Id]);

    public IReadOnlyList<string> Paths { get; } = Array.ConvertAll(paths, path => path.Text);

    public bool TryGetKey(EvaluationContext context, out BucketKey key)
    {
        foreach (var path in paths)
        {
            if (path.IsId && context.IdUtf8 is { } utf8)
            {
                key = new BucketKey(utf8);
                return true;
            }
            if (path.Of(context).TryGetBucketKey(out key))
                return true;
        }
        key = default;
        return false;
    }

    public bool IsSameAs(BucketBy other) => Paths.SequenceEqual(other.Paths, StringComparer.Ordinal);
}
