using System.Buffers;
using System.Text;

namespace FeatureFlags.Rules.Engine;

/// <summary>A draw: it places every bucket key in [0, 1).</summary>
internal abstract class Draw
{
    protected const int OnStack = 256;

    /// <param name="key">The bucket key's UTF-8.</param>
    public abstract double For(ReadOnlySpan<byte> key);

    public double For(in BucketKey key)
    {
        var bound = key.MaxByteCount;
        byte[]? rented = null;
        Span<byte> buffer = bound <= OnStack ? stackalloc byte[OnStack] : rented = ArrayPool<byte>.Shared.Rent(bound);
        var bucket = For(buffer[..key.WriteTo(buffer)]);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return bucket;
    }

    /// <summary>Where the user falls; NaN without a bucket key.</summary>
    public double For(EvaluationContext context, BucketBy by)
    {
        // What nearly every draw is by.
        if (by.IsIdFirst && context.IdUtf8 is { } id)
            return For(id);
        return by.TryGetKey(context, out var key) ? For(key) : double.NaN;
    }
}

/// <summary>The draw of our own scheme: <see cref="Bucketing"/> behind parts that are known before.</summary>
internal sealed class XxHash64Draw(params ReadOnlySpan<string> parts) : Draw
{
    private readonly PrefixedXxHash64 _prefix = new(Encoding.UTF8.GetBytes(string.Join('\0', parts.ToArray()) + '\0'));

    public override double For(ReadOnlySpan<byte> key) => Bucketing.BucketOf(_prefix.Hash(key));
}
