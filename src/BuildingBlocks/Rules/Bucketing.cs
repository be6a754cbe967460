using System.Buffers;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using FeatureFlags.Rules.Engine;

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
        var bucket = Of(XxHash64.HashToUInt64(buffer[..length]));
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return bucket;
    }

    /// <summary>The bucket of a prefix that was joined before, closing U+0000 included, and a key.</summary>
    internal static double Bucket(PrefixedXxHash64 prefix, in BucketKey key)
    {
        if (key.Utf8 is { } utf8)
            return Of(prefix.Hash(utf8));

        var bound = key.MaxByteCount;
        byte[]? rented = null;
        Span<byte> buffer = bound <= OnStack ? stackalloc byte[OnStack] : rented = ArrayPool<byte>.Shared.Rent(bound);
        var bucket = Of(prefix.Hash(buffer[..key.WriteTo(buffer)]));
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return bucket;
    }

    // Shifted, it fits a signed integer, which converts in one instruction.
    private static double Of(ulong hash) => (long)(hash >> 11) * (1.0 / (1L << 53));
}

/// <summary>The value a user is bucketed by: text, or a whole number standing for its decimal digits.</summary>
internal readonly struct BucketKey
{
    private const int LongestNumber = 20;

    private readonly string? _text;
    private readonly long _number;

    public BucketKey(byte[] utf8) => Utf8 = utf8;

    public BucketKey(string text) => _text = text;

    public BucketKey(long number) => _number = number;

    /// <summary>The key as it is hashed, where someone has made that before.</summary>
    public byte[]? Utf8 { get; }

    public override string ToString() =>
        Utf8 is not null ? Encoding.UTF8.GetString(Utf8) : _text ?? _number.ToString(CultureInfo.InvariantCulture);

    public int MaxByteCount =>
        Utf8?.Length ?? (_text is null ? LongestNumber : Encoding.UTF8.GetMaxByteCount(_text.Length));

    public int WriteTo(Span<byte> buffer)
    {
        if (Utf8 is not null)
        {
            Utf8.CopyTo(buffer);
            return Utf8.Length;
        }
        if (_text is not null)
            return Encoding.UTF8.GetBytes(_text, buffer);

        _number.TryFormat(buffer, out var written, default, CultureInfo.InvariantCulture);
        return written;
    }
}
