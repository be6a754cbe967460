namespace FeatureFlags.Rules.Engine;

/// <summary>The attributes a user may be bucketed by, of which the first that is there, and can be, counts.</summary>
internal sealed class BucketBy(AttributePath[] paths)
{
    public static readonly BucketBy Id = new([AttributePath.Id]);

    public IReadOnlyList<string> Paths { get; } = Array.ConvertAll(paths, path => path.Text);

    /// <summary>Whether the user's id is the bucket key if there is one.</summary>
    public bool IsIdFirst { get; } = paths is [{ IsId: true }, ..];

    public bool TryGetKey(EvaluationContext context, out BucketKey key)
    {
        foreach (var path in paths)
        {
            if (path.Of(context).TryGetBucketKey(out key))
                return true;
        }
        key = default;
        return false;
    }

    public bool IsSameAs(BucketBy other) => Paths.SequenceEqual(other.Paths, StringComparer.Ordinal);
}
