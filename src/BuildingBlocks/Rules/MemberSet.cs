using System.Buffers;
using System.Collections.Frozen;
using System.IO.Hashing;
using System.Text;
using System.Text.Unicode;

namespace FeatureFlags.Rules;

/// <summary>
/// An immutable, exact set of ids, for sets of a million: their UTF-8 lies end to end in one array, and a table of
/// 4-byte numbers finds them by hash, 12 to 20 bytes an id on top of its text.
/// </summary>
public sealed class MemberSet
{
    public static readonly MemberSet Empty = Of([]);

    private const int OnStack = 256;
    private const int FirstCapacity = 16;

    // Not to be guessed, so that nobody can list ids that all fall into one place.
    private static readonly long Seed = Random.Shared.NextInt64();

    private readonly byte[] _text;
    private readonly int[] _ends;
    private readonly int[] _table;

    /// <summary>Ids with half a surrogate pair, which has no UTF-8 of its own.</summary>
    private readonly FrozenSet<string> _malformed;

    private MemberSet(byte[] text, int[] ends, int[] table, FrozenSet<string> malformed)
    {
        _text = text;
        _ends = ends;
        _table = table;
        _malformed = malformed;
    }

    public int Count => _ends.Length + _malformed.Count;

    /// <param name="ids">In any order; one that is repeated counts once. Their UTF-8 is at most 2 GiB.</param>
    public static MemberSet Of(IEnumerable<string> ids)
    {
        var building = new Building();
        foreach (var id in ids)
            building.Add(id);
        return building.Built();
    }

    /// <inheritdoc cref="Of(IEnumerable{string})"/>
    public static async Task<MemberSet> Of(IAsyncEnumerable<string> ids, CancellationToken ct)
    {
        var building = new Building();
        await foreach (var id in ids.WithCancellation(ct))
            building.Add(id);
        return building.Built();
    }

    public bool Contains(string id)
    {
        if (_ends.Length == 0)
            return _malformed.Contains(id);

        var bound = Encoding.UTF8.GetMaxByteCount(id.Length);
        byte[]? rented = null;
        Span<byte> buffer = bound <= OnStack ? stackalloc byte[OnStack] : rented = ArrayPool<byte>.Shared.Rent(bound);
        var found = TryEncode(id, buffer, out var length) ? Contains(buffer[..length]) : _malformed.Contains(id);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return found;
    }

    /// <param name="id">Valid UTF-8.</param>
    internal bool Contains(ReadOnlySpan<byte> id) => _ends.Length > 0 && _table[Slot(_table, _ends, _text, id)] != 0;

    private static bool TryEncode(string id, Span<byte> buffer, out int length) =>
        Utf8.FromUtf16(id, buffer, out _, out length, replaceInvalidSequences: false) == OperationStatus.Done;

    /// <summary>
    /// Where the id stands in the table, or the free place where it would. A place holds the id's number from 1, 0 is
    /// free; the table's length is a power of two, and never full.
    /// </summary>
    private static int Slot(int[] table, ReadOnlySpan<int> ends, ReadOnlySpan<byte> text, ReadOnlySpan<byte> id)
    {
        var slot = (int)XxHash3.HashToUInt64(id, Seed) & (table.Length - 1);
        while (table[slot] is var number && number != 0)
        {
            var start = number == 1 ? 0 : ends[number - 2];
            if (text[start..ends[number - 1]].SequenceEqual(id))
                break;
            slot = (slot + 1) & (table.Length - 1);
        }
        return slot;
    }

    private sealed class Building
    {
        private readonly HashSet<string> _malformed = new(StringComparer.Ordinal);
        private byte[] _text = new byte[FirstCapacity];
        private int[] _ends = new int[FirstCapacity];
        private int[] _table = new int[FirstCapacity * 2];
        private int _length;
        private int _count;

        public void Add(string id)
        {
            var bound = Encoding.UTF8.GetMaxByteCount(id.Length);
            if (_text.Length - _length < bound)
                Array.Resize(
                    ref _text,
                    (int)Math.Min(Array.MaxLength, Math.Max(_text.Length * 2L, (long)_length + bound))
                );
            if (!TryEncode(id, _text.AsSpan(_length), out var length))
            {
                _malformed.Add(id);
                return;
            }

            var slot = Slot(_table, _ends, _text, _text.AsSpan(_length, length));
            if (_table[slot] != 0)
                return;
            _length += length;
            if (_count == _ends.Length)
                Array.Resize(ref _ends, _count * 2);
            _ends[_count++] = _length;
            _table[slot] = _count;
            if (_count * 4L > _table.Length * 3L)
                Grow();
        }

        public MemberSet Built() =>
            new(
                _text.AsSpan(0, _length).ToArray(),
                _ends.AsSpan(0, _count).ToArray(),
                _count == 0 ? [] : _table,
                _malformed.ToFrozenSet(StringComparer.Ordinal)
            );

        private void Grow()
        {
            _table = new int[_table.Length * 2];
            for (var number = 1; number <= _count; number++)
            {
                var start = number == 1 ? 0 : _ends[number - 2];
                _table[Slot(_table, _ends, _text, _text.AsSpan(start.._ends[number - 1]))] = number;
            }
        }
    }
}
