using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Evaluation.Domain;

namespace FeatureFlags.Evaluation.Sync;

/// <summary>
/// What SDKs are told of each scope: made from the database once, when first asked for, and shared by everyone who asks
/// for the same. It is older than the rules in memory only while the database is away.
/// </summary>
/// <remarks>
/// Of each scope whose rules are in memory it keeps one snapshot, plain and, if somebody takes it so, compressed, and a
/// few updates, each of which may be as large. Streams hold on to what they are sending.
/// </remarks>
internal sealed class SyncSource(RuleCache cache, IDatabaseEngine engine)
{
    private readonly ConcurrentDictionary<Scope, Edition> _editions = new();

    /// <summary>
    /// All of a scope's rules. While the database is away these are the newest that were made here, however old.
    /// </summary>
    /// <param name="head">Where the scope's rules in memory are.</param>
    /// <param name="notBefore">The revision that the caller has: nobody is taken back because the database is away.</param>
    /// <exception cref="UnavailableException">
    /// The database is away, or too slow, and none were made yet, or none so new.
    /// </exception>
    public async Task<SyncSnapshot> Snapshot(ScopeHead head, long notBefore, CancellationToken ct)
    {
        if (head.Revision == 0)
            return SyncSnapshot.Of(StoredRules.Empty(head.Scope));

        var edition = EditionAt(head);
        try
        {
            return await edition.Snapshot().WaitAsync(ct);
        }
        catch (Exception error) when (IsUnavailable(error) && edition.Newest?.Head.Revision >= notBefore)
        {
            return edition.Newest;
        }
    }

    /// <summary>What an SDK has to be told that stands somewhere else than the rules in memory.</summary>
    /// <param name="from">Where the SDK is; null: nowhere.</param>
    /// <param name="head">Where the scope's rules in memory are.</param>
    /// <returns>
    /// Null: nothing, because memory is behind the SDK and the database is not ahead of it. A revision before
    /// <paramref name="head"/>: the newest that there is while the database is away.
    /// </returns>
    /// <exception cref="UnavailableException">
    /// The database is away, or too slow, and what was made before would take the SDK back.
    /// </exception>
    public async Task<SyncUpdate?> Since(ScopeHead? from, ScopeHead head, CancellationToken ct)
    {
        if (from is not { } start || head.Revision == 0)
            return (await Snapshot(head, notBefore: 0, ct)).Update;

        var edition = EditionAt(head);
        try
        {
            var update = await edition.Since(start).WaitAsync(ct);
            return update.Head == start ? null : update;
        }
        catch (Exception error) when (IsUnavailable(error) && edition.Newest?.Head.Revision > start.Revision)
        {
            return edition.Newest.Update;
        }
    }

    private Edition EditionAt(ScopeHead head) =>
        _editions.AddOrUpdate(
            head.Scope,
            _ => new Edition(cache, head, new Kept()),
            (_, edition) => edition.Head == head ? edition : new Edition(cache, head, edition.Kept)
        );

    private bool IsUnavailable(Exception error) => error is UnavailableException || engine.IsUnavailable(error);

    /// <summary>The newest snapshot of a scope, whichever edition made it.</summary>
    private sealed class Kept
    {
        private readonly Lock _lock = new();
        private long _begun;
        private long _number;

        public volatile SyncSnapshot? Snapshot;

        /// <returns>The number of a snapshot that is about to be read.</returns>
        public long Begin() => Interlocked.Increment(ref _begun);

        /// <summary>Keeps it, unless one is kept that was read after it.</summary>
        public void Keep(SyncSnapshot snapshot, long number)
        {
            lock (_lock)
            {
                if (number > _number)
                    (_number, Snapshot) = (number, snapshot);
            }
        }
    }

    /// <summary>What was made of a scope while its rules in memory are at one head.</summary>
    private sealed class Edition(RuleCache cache, ScopeHead head, Kept kept)
    {
        // Streams that keep up all come from the same revision; the others are those that just came back.
        private const int MostUpdates = 4;

        private readonly Lock _lock = new();
        private readonly Queue<(ScopeHead From, Task<SyncUpdate> Update)> _updates = new();
        private Task<SyncSnapshot>? _snapshot;

        public ScopeHead Head => head;

        public Kept Kept => kept;

        /// <summary>The newest snapshot that there is.</summary>
        public SyncSnapshot? Newest => kept.Snapshot;

        public Task<SyncSnapshot> Snapshot()
        {
            lock (_lock)
            {
                if (Newest is { } newest && newest.Head == head)
                    return Task.FromResult(newest);
                return _snapshot = IsGood(_snapshot) ? _snapshot : Task.Run(MakeSnapshot);
            }
        }

        public Task<SyncUpdate> Since(ScopeHead from)
        {
            lock (_lock)
            {
                if (_updates.FirstOrDefault(made => made.From == from && IsGood(made.Update)).Update is { } made)
                    return made;

                if (_updates.Count == MostUpdates)
                    _updates.Dequeue();
                var update = Task.Run(() => MakeUpdate(from));
                _updates.Enqueue((from, update));
                return update;
            }
        }

        // One that failed is tried again by whoever comes next.
        private static bool IsGood([NotNullWhen(true)] Task? making) =>
            making is { IsFaulted: false, IsCanceled: false };

        // Whoever asked first may leave: what is made is everybody's.
        private async Task<SyncSnapshot> MakeSnapshot()
        {
            var number = kept.Begin();
            if (await cache.ReadStored(head.Scope, CancellationToken.None) is not { } stored)
                throw new UnavailableException("The database does not know these rules any more.");
            var snapshot = SyncSnapshot.Of(stored);
            kept.Keep(snapshot, number);
            return snapshot;
        }

        private async Task<SyncUpdate> MakeUpdate(ScopeHead from) =>
            await cache.ReadSince(from, CancellationToken.None) is { } changes
                ? SyncUpdate.Delta(from, changes)
                : (await Snapshot()).Update;
    }
}
