using System.Text;

namespace FeatureFlags.Rules.Engine;

/// <summary>A draw: it places every bucket key in [0, 1).</summary>
internal abstract class Draw
{
    public abstract double For(in BucketKey key);
}

/// <summary>The draw of our own scheme: <see cref="Bucketing"/> behind parts that are known before.</summary>
internal sealed class XxHash64Draw(params ReadOnlySpan<string> parts) : Draw
{
    private readonly byte[] _prefix = Encoding.UTF8.GetBytes(string.Join('\0', parts) + '\0');

    public override double For(in BucketKey key) => Bucketing.Bucket(_prefix, key);
}
