using System.Buffers.Binary;
using System.Numerics;

namespace FeatureFlags.Rules.Engine;

/// <summary>
/// XXH64 (seed 0) of a prefix that is always the same and a key that never is, as if they stood side by side, without
/// putting them there: to copy two pieces and read them back across their border takes longer than to hash them. As
/// its author specifies it: github.com/Cyan4973/xxHash, doc/xxhash_spec.md.
/// </summary>
internal sealed class PrefixedXxHash64
{
    private const int LaneBytes = 8;
    private const int StripeLanes = 4;

    private const ulong Prime1 = 0x9E3779B185EBCA87;
    private const ulong Prime2 = 0xC2B2AE3D27D4EB4F;
    private const ulong Prime3 = 0x165667B19E3779F9;
    private const ulong Prime4 = 0x85EBCA77C2B2AE63;
    private const ulong Prime5 = 0x27D4EB2F165667C5;

    private readonly int _length;
    private readonly ulong[] _lanes;

    /// <summary>What the prefix puts into the lane that it shares with the key; 0 if it ends where a lane does.</summary>
    private readonly ulong _rest;

    public PrefixedXxHash64(ReadOnlySpan<byte> prefix)
    {
        _length = prefix.Length;
        _lanes = new ulong[prefix.Length / LaneBytes];
        for (var i = 0; i < _lanes.Length; i++)
            _lanes[i] = From(prefix, i * LaneBytes);
        _rest = From(prefix, _lanes.Length * LaneBytes);
    }

    public ulong Hash(ReadOnlySpan<byte> key)
    {
        var length = _length + key.Length;
        var lanes = length / LaneBytes;
        var next = 0;
        var hash = Prime5;
        if (lanes >= StripeLanes)
        {
            var (a, b, c, d) = (unchecked(Prime1 + Prime2), Prime2, 0ul, unchecked(0 - Prime1));
            for (; next + StripeLanes <= lanes; next += StripeLanes)
            {
                a = Round(a, Lane(next, key));
                b = Round(b, Lane(next + 1, key));
                c = Round(c, Lane(next + 2, key));
                d = Round(d, Lane(next + 3, key));
            }
            hash =
                BitOperations.RotateLeft(a, 1)
                + BitOperations.RotateLeft(b, 7)
                + BitOperations.RotateLeft(c, 12)
                + BitOperations.RotateLeft(d, 18);
            hash = Merge(Merge(Merge(Merge(hash, a), b), c), d);
        }
        hash += (ulong)length;

        for (; next < lanes; next++)
            hash = BitOperations.RotateLeft(hash ^ Round(0, Lane(next, key)), 27) * Prime1 + Prime4;

        var left = length % LaneBytes;
        var last = left == 0 ? 0 : Lane(next, key);
        if (left >= sizeof(uint))
        {
            hash = BitOperations.RotateLeft(hash ^ ((uint)last * Prime1), 23) * Prime2 + Prime3;
            last >>= 32;
            left -= sizeof(uint);
        }
        for (; left > 0; left--)
        {
            hash = BitOperations.RotateLeft(hash ^ ((byte)last * Prime5), 11) * Prime1;
            last >>= 8;
        }

        hash = (hash ^ (hash >> 33)) * Prime2;
        hash = (hash ^ (hash >> 29)) * Prime3;
        return hash ^ (hash >> 32);
    }

    private ulong Lane(int number, ReadOnlySpan<byte> key)
    {
        if (number < _lanes.Length)
            return _lanes[number];
        if (number > _lanes.Length)
            return From(key, number * LaneBytes - _length);

        return _rest | From(key, 0) << (_length % LaneBytes * 8);
    }

    /// <summary>Eight bytes, the first the lowest; past the end they are 0.</summary>
    private static ulong From(ReadOnlySpan<byte> text, int start)
    {
        var there = text.Length - start;
        if (there >= LaneBytes)
            return BinaryPrimitives.ReadUInt64LittleEndian(text[start..]);
        if (there <= 0)
            return 0;
        // The last eight bytes there are, without those before the start.
        if (text.Length >= LaneBytes)
            return BinaryPrimitives.ReadUInt64LittleEndian(text[^LaneBytes..]) >> ((LaneBytes - there) * 8);

        var lane = 0ul;
        for (var i = text.Length - 1; i >= start; i--)
            lane = lane << 8 | text[i];
        return lane;
    }

    private static ulong Round(ulong sum, ulong lane) => BitOperations.RotateLeft(sum + lane * Prime2, 31) * Prime1;

    private static ulong Merge(ulong hash, ulong sum) => (hash ^ Round(0, sum)) * Prime1 + Prime4;
}
