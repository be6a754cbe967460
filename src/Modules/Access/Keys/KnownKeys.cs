using System.Collections.Concurrent;
using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Persistence;
using FeatureFlags.Access.Tokens;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.Access.Keys;

/// <summary>
/// The API keys that came to this host: each is looked up once and then held, by hash, never as text, until its scope
/// has moved on. What is held works on while the database is away, and what was revoked ends with the revision that
/// says so. Wrong ones are remembered for a moment, and only a few are looked up at once: a flood of them costs little.
/// </summary>
internal sealed class KnownKeys(IServiceScopeFactory services, DatabaseStatus database, TimeProvider clock)
    : IScopeFollower
{
    /// <summary>Texts held at most; then the quarter that was not used for longest makes room.</summary>
    public const int Most = 16_384;

    /// <summary>Wrong ones remembered at most; then all are forgotten.</summary>
    public const int MostWrong = 4_096;

    /// <summary>
    /// Nobody can know a text before it was made, so it could be longer; but a restored backup may bring a key back.
    /// </summary>
    public static readonly TimeSpan WrongFor = TimeSpan.FromSeconds(1);

    public const int LookUpsAtOnce = 8;

    /// <summary>So many ids fit into a statement on either engine, and hardly any scope has more keys in use.</summary>
    public const int IdsAtOnce = 1_000;

    /// <summary>Requests that wait for the host's start at most, whatever their keys.</summary>
    public const int MostWaiting = 1_000;

    /// <summary>How long each of them does.</summary>
    public static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestLookUp = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<CredentialHash, HeldKey> _held = new();
    private readonly ConcurrentDictionary<CredentialHash, DateTimeOffset> _wrongUntil = new();

    // Only a key that is right makes one: there are no more than scopes that have keys.
    private readonly ConcurrentDictionary<Scope, Place> _places = new();

    private readonly TaskCompletionSource _restored = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _changes;

    private SemaphoreSlim LookUps { get; } = new(LookUpsAtOnce, LookUpsAtOnce);

    private SemaphoreSlim Waiting { get; } = new(MostWaiting, MostWaiting);

    public IEnumerable<HeldKey> Held => _held.Select(held => held.Value);

    /// <summary>Another number whenever what is held is something else; not how often.</summary>
    public int Changes => Volatile.Read(ref _changes);

    /// <summary>Whom an API key stands for; null for a key that is unknown, revoked or expired.</summary>
    /// <exception cref="UnavailableException">It is not held, and can't be looked up now.</exception>
    public ValueTask<KnownCaller?> Find(string key, CancellationToken ct) =>
        Secret.IsKey(key) ? Find(CredentialHash.OfKey(key), ct) : default;

    /// <inheritdoc cref="Find(string, CancellationToken)"/>
    public async ValueTask<KnownCaller?> Find(CredentialHash hash, CancellationToken ct)
    {
        if (IsDecided(hash, out var caller))
            return caller;
        await WaitForStart(ct);
        if (!await LookUps.WaitAsync(LongestWait, ct))
            throw new UnavailableException("Too many unknown API keys are being looked up.");
        try
        {
            // Others may have come with the same one.
            return IsDecided(hash, out caller) ? caller : (await LookUp(hash, ct))?.Use(clock.GetUtcNow());
        }
        finally
        {
            LookUps.Release();
        }
    }

    /// <summary>
    /// Takes keys that were held before: when the database was reached, or can't be for now. Once it answers, none of
    /// them counts before it was asked.
    /// </summary>
    public void Restore(IEnumerable<HeldKey> kept)
    {
        foreach (var key in kept.Take(Most))
        {
            _places.TryAdd(key.Scope, new Place());
            _held.TryAdd(key.Hash, key);
        }
        _restored.TrySetResult();
    }

    /// <summary>Asks the database for all that came from disk.</summary>
    public async Task Confirm(CancellationToken ct)
    {
        foreach (var scope in _places.Keys)
            await Confirm(scope, ct);
    }

    /// <inheritdoc/>
    public async Task Follow(ScopeHead head, CancellationToken ct)
    {
        if (!_places.TryGetValue(head.Scope, out var place))
            return;
        // A key that is just being looked up is waited for: it may have been read before this head.
        await place.Reading.WaitAsync(ct);
        try
        {
            if (place.Followed == head)
                return;
            await Renew(head.Scope, Held.Where(key => key.Scope == head.Scope), ct);
            place.Followed = head;
        }
        finally
        {
            place.Reading.Release();
        }
    }

    private bool IsDecided(CredentialHash hash, out KnownCaller? caller)
    {
        var now = clock.GetUtcNow();
        if (_held.TryGetValue(hash, out var held) && !(held.IsFromFile && database is { IsReady: true, IsAway: false }))
        {
            caller = held.Use(now);
            return true;
        }
        caller = null;
        return _wrongUntil.TryGetValue(hash, out var until) && now < until;
    }

    /// <summary>
    /// A host that starts will know in a moment what it does not know yet: from the database, or from disk. Whom it
    /// refused meanwhile would come back later than that. A flood is refused all the same.
    /// </summary>
    private async Task WaitForStart(CancellationToken ct)
    {
        if (database.IsReady || _restored.Task.IsCompleted)
            return;
        if (!await Waiting.WaitAsync(TimeSpan.Zero, ct))
            throw new UnavailableException("The service is starting.");
        try
        {
            await Pulse.Await(_restored.Task, LongestStart, clock, ct);
        }
        finally
        {
            Waiting.Release();
        }
    }

    private async Task<HeldKey?> LookUp(CredentialHash hash, CancellationToken ct)
    {
        if (!database.IsReady)
            throw new UnavailableException("The database was not reached yet and this API key is not in memory.");
        HeldKey? found;
        try
        {
            found = await Read(hash, ct).WaitAsync(LongestLookUp, clock, ct);
        }
        catch (TimeoutException)
        {
            throw new UnavailableException("The API key could not be looked up in time.");
        }
        if (found is null)
            Refuse(hash);
        return found;
    }

    private async Task<HeldKey?> Read(CredentialHash hash, CancellationToken ct)
    {
        while (_held.TryGetValue(hash, out var kept))
        {
            if (!kept.IsFromFile)
                return kept;
            await Confirm(kept.Scope, ct);
        }

        await using var work = services.CreateAsyncScope();
        var db = work.ServiceProvider.GetRequiredService<AppDbContext>();
        var bytes = hash.ToBytes();
        var known = await db.Set<KeyHash>().AsNoTracking().SingleOrDefaultAsync(h => h.Hash == bytes, ct);
        if (known is null)
            return null;

        var scope = new Scope(known.Tenant, known.Environment);
        var place = _places.GetOrAdd(scope, _ => new Place());
        await place.Reading.WaitAsync(ct);
        try
        {
            // Of two for one text only one would be followed.
            if (_held.TryGetValue(hash, out var held) && !held.IsFromFile)
                return held;
            Enter(work, scope);
            var key = await db.ApiKeys().AsNoTracking().SingleOrDefaultAsync(k => k.Id == known.KeyId, ct);
            if (key?.TermsOf(bytes) is not { } terms)
                return null;
            await MakeRoom();
            var found = _held[hash] = new HeldKey(hash, terms);
            Interlocked.Increment(ref _changes);
            return found;
        }
        finally
        {
            place.Reading.Release();
        }
    }

    private async Task Confirm(Scope scope, CancellationToken ct)
    {
        var place = _places[scope];
        await place.Reading.WaitAsync(ct);
        try
        {
            await Renew(scope, Held.Where(key => key.IsFromFile && key.Scope == scope), ct);
        }
        finally
        {
            place.Reading.Release();
        }
    }

    /// <summary>Reads keys of a scope that are held again; nobody else may be reading there.</summary>
    private async Task Renew(Scope scope, IEnumerable<HeldKey> held, CancellationToken ct)
    {
        foreach (var some in held.ToList().Chunk(IdsAtOnce))
        {
            await using var work = services.CreateAsyncScope();
            Enter(work, scope);
            var ids = some.Select(key => key.Terms.KeyId).Distinct().ToList();
            var stored = await work
                .ServiceProvider.GetRequiredService<AppDbContext>()
                .ApiKeys()
                .AsNoTracking()
                .Where(k => ids.Contains(k.Id))
                .ToDictionaryAsync(k => k.Id, ct);
            foreach (var mine in some)
            {
                var now = mine.Under(stored.GetValueOrDefault(mine.Terms.KeyId)?.TermsOf(mine.Hash.ToBytes()));
                if (now is null)
                    await Drop(mine);
                else if (now == mine)
                    mine.IsFromFile = false;
                else if (_held.TryUpdate(mine.Hash, now, mine))
                {
                    Interlocked.Increment(ref _changes);
                    await mine.Revoke();
                }
            }
        }
    }

    private async Task MakeRoom()
    {
        if (_held.Count < Most)
            return;
        foreach (var key in Held.OrderBy(key => key.UsedAt).Take(Most / 4).ToList())
            await Drop(key);
    }

    /// <summary>What is not held is not followed, so what it does here ends; whoever has it still may come again.</summary>
    private async Task Drop(HeldKey key)
    {
        if (_held.TryRemove(KeyValuePair.Create(key.Hash, key)))
            Interlocked.Increment(ref _changes);
        await key.Revoke();
    }

    private void Refuse(CredentialHash hash)
    {
        if (_wrongUntil.Count >= MostWrong)
            _wrongUntil.Clear();
        _wrongUntil[hash] = clock.GetUtcNow() + WrongFor;
    }

    private static void Enter(AsyncServiceScope work, Scope scope) =>
        work.ServiceProvider.GetRequiredService<CallContext>().Enter(scope, "access");

    /// <summary>A scope whose keys are held here.</summary>
    private sealed class Place
    {
        /// <summary>One reading after the other: an earlier one never undoes a later.</summary>
        public SemaphoreSlim Reading { get; } = new(1, 1);

        public ScopeHead Followed { get; set; }
    }
}
