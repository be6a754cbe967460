using System.Buffers;
using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace FeatureFlags.Rules;

/// <summary>
/// Where a user falls in [0, 1): <c>XXH64(UTF-8 of the parts joined by U+0000, seed 0) &gt;&gt; 11, divided by 2^53</c>
/// (the 53 bits a double holds exactly). XXH64 as its author specifies it: github.com/Cyan4973/xxHash, doc/xxhash_spec.md.
/// Half a surrogate pair encodes as U+FFFD. <c>docs/bucketing-vectors.json</c> holds vectors for every implementation.
/// </summary>
public static class Bucketing
{
    private const int OnStack = 256;

    /// <summary>The bucket of these parts, e.g. tenant, salt and id for a split.</summary>
    public static double Bucket(params ReadOnlySpan<string> parts)
    {
        var bound = 0;
        foreach (var part in parts)
            bound += Encoding.UTF8.GetMaxByteCount(part.Length) + 1;

        byte[]? rented = null;
        Span<byte> buffer = bound <= OnStack ? stackalloc byte[OnStack] : rented = ArrayPool<byte>.Shared.Rent(bound);
        var length = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            if (i > 0)
                buffer[length++] = 0;
            length += Encoding.UTF8.GetBytes(parts[i], buffer[length..]);
        }
        var bucket = BucketOf(XxHash64.HashToUInt64(buffer[..length]));
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return bucket;
    }

    // Shifted, it fits a signed integer, which converts in one instruction.
    internal static double BucketOf(ulong hash) => (long)(hash >> 11) * (1.0 / (1L << 53));
}

/// <summary>The value a user is bucketed by: text, or a whole number standing for its decimal digits.</summary>
internal readonly struct BucketKey
{
    private const int LongestNumber = 20;

    private readonly string? _text;
    private readonly long _number;

    public BucketKey(string text) => _text = text;

    public BucketKey(long number) => _number = number;

    public override string ToString() => _text ?? _number.ToString(CultureInfo.InvariantCulture);

    public int MaxByteCount => _text is null ? LongestNumber : Encoding.UTF8.GetMaxByteCount(_text.Length);

    public int WriteTo(Span<byte> buffer)
    {
        if (_text is not null)
            return Encoding.UTF8.GetBytes(_text, buffer);

        _number.TryFormat(buffer, out var written, default, CultureInfo.InvariantCulture);
        return written;
    }
}
