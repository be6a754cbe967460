using System.Text;

namespace FeatureFlags.Rules.Engine;

/// <summary>A draw: it places every bucket key in [0, 1).</summary>
internal abstract class Draw
{
    public abstract double For(in BucketKey key);

    /// <summary>Where the user falls; NaN without a bucket key.</summary>
    public double For(EvaluationContext context, BucketBy by) =>
        by.TryGetKey(context, out var key) ? For(key) : double.NaN;
}

/// <summary>The draw of our own scheme: <see cref="Bucketing"/> behind parts that are known before.</summary>
internal sealed class XxHash64Draw(params ReadOnlySpan<string> parts) : Draw
{
    private readonly PrefixedXxHash64 _prefix = new(Encoding.UTF8.GetBytes(string.Join('\0', parts) + '\0'));

    public override double For(in BucketKey key) => Bucketing.Bucket(_prefix, key);
}
