using System.Buffers;
using System.Collections.Frozen;
using System.IO.Hashing;
using System.Numerics;
using System.Text;
using System.Text.Unicode;

namespace FeatureFlags.Rules;

/// <summary>
/// An immutable, exact set of ids, for sets of a million: their UTF-8 lies end to end in one array, and a table of
/// 4-byte numbers finds them by hash, 12 to 20 bytes an id on top of its text. A set that differs little from another
/// shares its table, and looks first among what differs.
/// </summary>
public sealed class MemberSet
{
    public static readonly MemberSet Empty = Of([]);

    private const int OnStack = 256;

    // Each change copies what differs so far; past the bound all is put into a table anew. At a million ids a change
    // so copies at most 1 MB, and each changed id costs, over time, what it costs to put 32 ids into a table.
    private const int LeastDifferences = 1_024;
    private const int ShareOfDifferences = 32;

    // Not to be guessed, so that nobody can list ids that all fall into one place.
    private static readonly long Seed = Random.Shared.NextInt64();

    private readonly Ids _ids;

    /// <summary>Ids by which this set differs from <see cref="_ids"/>; null where it does not.</summary>
    private readonly Differences? _differences;

    /// <summary>Ids with half a surrogate pair, which has no UTF-8 of its own.</summary>
    private readonly FrozenSet<string> _malformed;

    private MemberSet(Ids ids, Differences? differences, FrozenSet<string> malformed)
    {
        _ids = ids;
        _differences = differences;
        _malformed = malformed;
        Count = ids.Count + (differences?.Surplus ?? 0) + malformed.Count;
    }

    public int Count { get; }

    /// <summary>Whether look-ups go by the other's table: it is in memory once.</summary>
    internal bool SharesTableWith(MemberSet other) => ReferenceEquals(_ids.Table, other._ids.Table);

    /// <param name="ids">In any order; one that is repeated counts once. Their UTF-8 is at most 2 GiB.</param>
    public static MemberSet Of(IEnumerable<string> ids)
    {
        var building = new Building();
        var malformed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var id in ids)
        {
            if (!building.TryAdd(id, out _))
                malformed.Add(id);
        }
        return new MemberSet(building.Built(), null, malformed.ToFrozenSet(StringComparer.Ordinal));
    }

    /// <inheritdoc cref="Of(IEnumerable{string})"/>
    public static async Task<MemberSet> Of(IAsyncEnumerable<string> ids, CancellationToken ct)
    {
        var building = new Building();
        var malformed = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var id in ids.WithCancellation(ct))
        {
            if (!building.TryAdd(id, out _))
                malformed.Add(id);
        }
        return new MemberSet(building.Built(), null, malformed.ToFrozenSet(StringComparer.Ordinal));
    }

    /// <summary>
    /// The set without <paramref name="removed"/> and then with <paramref name="added"/>: an id that stands in both is
    /// in it. To add what is there, or remove what is not, changes nothing. It costs the size of the change and of what
    /// differs from the shared table, at most a thirty-second of that; now and then, when that is passed, all of it.
    /// </summary>
    public MemberSet With(IReadOnlyCollection<string> added, IReadOnlyCollection<string> removed)
    {
        if (added.Count == 0 && removed.Count == 0)
            return this;

        var differing = new Differing(_ids, _differences);
        var malformed = _malformed.ToHashSet(StringComparer.Ordinal);
        foreach (var id in removed)
        {
            if (!differing.TryRemove(id))
                malformed.Remove(id);
        }
        foreach (var id in added)
        {
            if (!differing.TryAdd(id))
                malformed.Add(id);
        }
        var changed = new MemberSet(_ids, differing.Built(), malformed.ToFrozenSet(StringComparer.Ordinal));
        return differing.Count <= Math.Max(LeastDifferences, _ids.Count / ShareOfDifferences)
            ? changed
            : changed.Folded();
    }

    public bool Contains(string id)
    {
        if (Count == 0)
            return false;

        var bound = Encoding.UTF8.GetMaxByteCount(id.Length);
        byte[]? rented = null;
        Span<byte> buffer = bound <= OnStack ? stackalloc byte[OnStack] : rented = ArrayPool<byte>.Shared.Rent(bound);
        var found = TryEncode(id, buffer, out var length) ? Contains(buffer[..length]) : _malformed.Contains(id);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return found;
    }

    /// <param name="id">Valid UTF-8.</param>
    internal bool Contains(ReadOnlySpan<byte> id)
    {
        if (Count == 0)
            return false;

        var hash = Hash(id);
        if (_differences is not null && _differences.Find(id, hash) is { } isMember)
            return isMember;
        return _ids.Find(id, hash) != 0;
    }

    /// <summary>Its ids, each once, in no particular order.</summary>
    public IEnumerable<string> List()
    {
        for (var number = 1; number <= _ids.Count; number++)
        {
            if (_differences is null || _differences.Find(_ids[number], Hash(_ids[number])) is not false)
                yield return Encoding.UTF8.GetString(_ids[number]);
        }
        for (var number = 1; number <= _differences?.Ids.Count; number++)
        {
            var isNew =
                _differences.IsMember[number - 1]
                && _ids.Find(_differences.Ids[number], Hash(_differences.Ids[number])) == 0;
            if (isNew)
                yield return Encoding.UTF8.GetString(_differences.Ids[number]);
        }
        foreach (var id in _malformed)
            yield return id;
    }

    /// <summary>The same set with a table of its own.</summary>
    private MemberSet Folded()
    {
        var building = new Building(_ids.Text.Length, Count);
        for (var number = 1; number <= _ids.Count; number++)
        {
            var id = _ids[number];
            var hash = Hash(id);
            if (_differences!.Find(id, hash) is not false)
                building.Add(id, hash);
        }
        for (var number = 1; number <= _differences!.Ids.Count; number++)
        {
            if (_differences.IsMember[number - 1])
                building.Add(_differences.Ids[number], Hash(_differences.Ids[number]));
        }
        return new MemberSet(building.Built(), null, _malformed);
    }

    private static bool TryEncode(string id, Span<byte> buffer, out int length) =>
        Utf8.FromUtf16(id, buffer, out _, out length, replaceInvalidSequences: false) == OperationStatus.Done;

    private static ulong Hash(ReadOnlySpan<byte> id) => XxHash3.HashToUInt64(id, Seed);

    /// <summary>Ids by number from 1, in the order they came, and the table that finds the number of an id.</summary>
    /// <param name="text">Their UTF-8, end to end.</param>
    /// <param name="ends">Where each ends.</param>
    /// <param name="table">Numbers by hash, 0 where free. Its length is a power of two, and it is never full.</param>
    private readonly struct Ids(byte[] text, int[] ends, int[] table)
    {
        public int Count => ends.Length;

        public byte[] Text => text;

        public int[] Ends => ends;

        public int[] Table => table;

        public ReadOnlySpan<byte> this[int number] => At(number, ends, text);

        /// <returns>The id's number; 0: it is not here.</returns>
        public int Find(ReadOnlySpan<byte> id, ulong hash) => table[Slot(table, ends, text, id, hash)];

        /// <summary>Where the id stands in the table, or the free place where it would.</summary>
        public static int Slot(
            int[] table,
            ReadOnlySpan<int> ends,
            ReadOnlySpan<byte> text,
            ReadOnlySpan<byte> id,
            ulong hash
        )
        {
            var slot = (int)hash & (table.Length - 1);
            while (table[slot] is var number && number != 0)
            {
                if (At(number, ends, text).SequenceEqual(id))
                    break;
                slot = (slot + 1) & (table.Length - 1);
            }
            return slot;
        }

        public static ReadOnlySpan<byte> At(int number, ReadOnlySpan<int> ends, ReadOnlySpan<byte> text) =>
            text[(number == 1 ? 0 : ends[number - 2])..ends[number - 1]];
    }

    /// <summary>Ids that are or are not members whatever the shared table says.</summary>
    /// <param name="IsMember">Which, by the id's number less 1.</param>
    /// <param name="Surplus">How many more members there are than ids in the shared table; may be negative.</param>
    private sealed record Differences(Ids Ids, bool[] IsMember, int Surplus)
    {
        /// <returns>Null: the shared table says.</returns>
        public bool? Find(ReadOnlySpan<byte> id, ulong hash) =>
            Ids.Find(id, hash) is var number and not 0 ? IsMember[number - 1] : null;
    }

    private sealed class Differing(Ids shared, Differences? before)
    {
        private readonly Building _ids = before is null ? new Building() : new Building(before.Ids);
        private readonly List<bool> _isMember = before is null ? [] : [.. before.IsMember];
        private int _surplus = before?.Surplus ?? 0;

        public int Count => _isMember.Count;

        /// <returns>Whether it could: the id has a UTF-8 form.</returns>
        public bool TryAdd(string id) => TrySet(id, isMember: true);

        /// <inheritdoc cref="TryAdd"/>
        public bool TryRemove(string id) => TrySet(id, isMember: false);

        public Differences Built() => new(_ids.Built(), [.. _isMember], _surplus);

        private bool TrySet(string id, bool isMember)
        {
            if (!_ids.TryAdd(id, out var number))
                return false;

            if (number > _isMember.Count)
            {
                var text = _ids[number];
                _isMember.Add(shared.Find(text, Hash(text)) != 0);
            }
            _surplus += (isMember ? 1 : 0) - (_isMember[number - 1] ? 1 : 0);
            _isMember[number - 1] = isMember;
            return true;
        }
    }

    private sealed class Building
    {
        private const int FirstCapacity = 16;

        private byte[] _text;
        private int[] _ends;
        private int[] _table;
        private int _length;
        private int _count;

        public Building()
            : this(FirstCapacity, FirstCapacity) { }

        /// <param name="bytes">Of text, as expected.</param>
        /// <param name="ids">How many, as expected.</param>
        public Building(int bytes, int ids)
        {
            (_text, _ends) = (new byte[bytes], new int[ids]);
            _table = new int[BitOperations.RoundUpToPowerOf2((uint)(ids * 4L / 3) + 1)];
        }

        public Building(Ids from)
        {
            (_text, _ends, _table) = ([.. from.Text], [.. from.Ends], [.. from.Table]);
            (_length, _count) = (_text.Length, _ends.Length);
        }

        public ReadOnlySpan<byte> this[int number] => Ids.At(number, _ends, _text);

        public void Add(ReadOnlySpan<byte> id, ulong hash)
        {
            MakeRoom(id.Length);
            id.CopyTo(_text.AsSpan(_length));
            AddLast(id.Length, hash);
        }

        /// <param name="id">May be there already.</param>
        /// <param name="number">Its number.</param>
        /// <returns>Whether it has a UTF-8 form; if not, it was not added.</returns>
        public bool TryAdd(string id, out int number)
        {
            MakeRoom(Encoding.UTF8.GetMaxByteCount(id.Length));
            var isWellFormed = TryEncode(id, _text.AsSpan(_length), out var length);
            number = isWellFormed ? AddLast(length, Hash(_text.AsSpan(_length, length))) : 0;
            return isWellFormed;
        }

        public Ids Built() =>
            new(_text.AsSpan(0, _length).ToArray(), _ends.AsSpan(0, _count).ToArray(), _count == 0 ? [0] : _table);

        /// <summary>Takes in the id that lies behind the others already; if it is one of them, it is not kept.</summary>
        /// <returns>Its number.</returns>
        private int AddLast(int length, ulong hash)
        {
            var slot = Ids.Slot(_table, _ends, _text, _text.AsSpan(_length, length), hash);
            if (_table[slot] is var known && known != 0)
                return known;

            _length += length;
            if (_count == _ends.Length)
                Array.Resize(ref _ends, Math.Max(FirstCapacity, _count * 2));
            _ends[_count++] = _length;
            _table[slot] = _count;
            if (_count * 4L > _table.Length * 3L)
                Grow();
            return _count;
        }

        private void MakeRoom(int bytes)
        {
            if (_text.Length - _length < bytes)
                Array.Resize(
                    ref _text,
                    (int)Math.Min(Array.MaxLength, Math.Max(_text.Length * 2L, (long)_length + bytes))
                );
        }

        private void Grow()
        {
            _table = new int[_table.Length * 2];
            for (var number = 1; number <= _count; number++)
            {
                var id = this[number];
                _table[Ids.Slot(_table, _ends, _text, id, Hash(id))] = number;
            }
        }
    }
}
