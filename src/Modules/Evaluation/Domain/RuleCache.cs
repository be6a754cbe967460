using System.Collections.Concurrent;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Evaluation.LastKnownGood;
using Microsoft.Extensions.DependencyInjection;
using Prometheus;

namespace FeatureFlags.Evaluation.Domain;

/// <summary>
/// The compiled rules of every scope that is evaluated on this node, loaded when first asked for and kept up to date
/// by revision. Good rules are replaced only by newer ones that loaded whole; while the database is away, those on disk
/// serve scopes that are not in memory. A scope that nobody ever wrote to is not remembered, so asking for made-up ones
/// costs no memory.
/// </summary>
internal sealed class RuleCache(
    IServiceScopeFactory services,
    IDatabaseEngine engine,
    DatabaseStatus database,
    RuleFiles files,
    TimeProvider clock
) : IScopeFollower
{
    // Far above what any load needs; the database's own limits end most of them sooner.
    private static readonly TimeSpan LongestLoad = TimeSpan.FromSeconds(30);

    // What callers have heard of may be made up: however many they are, it costs the database ten looks a second.
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    private static readonly Counter.Child Hits = Requests("hit");
    private static readonly Counter.Child Misses = Requests("miss");

    private readonly ConcurrentDictionary<Scope, Slot> _slots = new();
    private readonly RuleWatches _watches = new();

    /// <summary>The rules that are in memory now.</summary>
    public IEnumerable<ScopeRules> Held => _slots.Select(slot => slot.Value.Rules).OfType<ScopeRules>();

    /// <summary>Whether these rules may be behind the database.</summary>
    public bool IsStale(ScopeRules rules) => rules.IsFromFile || database.IsAway;

    /// <summary>The scope's rules as of some revision not long ago; empty for a scope without any.</summary>
    /// <exception cref="UnavailableException">
    /// They are neither in memory nor on disk, and the database is away, or too slow.
    /// </exception>
    public ValueTask<ScopeRules> Get(Scope scope, CancellationToken ct)
    {
        if (_slots.TryGetValue(scope, out var slot) && slot.Rules is { } rules)
        {
            Hits.Inc();
            return ValueTask.FromResult(rules);
        }
        Misses.Inc();
        return new ValueTask<ScopeRules>(LoadFirst(scope, ct));
    }

    /// <summary>
    /// As <see cref="Get(Scope, CancellationToken)"/>, but not from before a revision that the caller has heard of: from
    /// another host, which knew it before this one.
    /// </summary>
    /// <returns>Older rules only where the database has no newer ones.</returns>
    public async ValueTask<ScopeRules> Get(Scope scope, long notBefore, CancellationToken ct)
    {
        var rules = await Get(scope, ct);
        if (rules.Head.Revision >= notBefore)
            return rules;
        await Look(scope).WaitAsync(ct);
        return await Get(scope, ct);
    }

    /// <summary>
    /// Takes what the database has of a scope that is in memory. Whoever asks before a look begins shares it, and one
    /// begins no sooner than a moment after the one before it.
    /// </summary>
    /// <returns>Fails where the database is away.</returns>
    public Task Look(Scope scope)
    {
        if (!_slots.TryGetValue(scope, out var slot))
            return Task.CompletedTask;
        lock (slot)
            // Whoever asked first may leave: the look is everybody's.
            return slot.NextLook ??= Task.Run(() => LookWhenDue(slot, scope));
    }

    /// <summary>Lets the caller wait until a scope's rules are others, until it is disposed.</summary>
    public RuleWatch Watch(Scope scope) => _watches.Begin(scope);

    /// <inheritdoc/>
    public async Task Follow(ScopeHead head, CancellationToken ct)
    {
        // A scope that nobody evaluates here is loaded when somebody does, such as whoever waits for its first rules.
        if (!_slots.TryGetValue(head.Scope, out var slot))
        {
            _watches.Beat(head.Scope);
            return;
        }
        // One that is just being loaded is waited for: its snapshot may have been taken before this head.
        if (slot.Rules is not { } rules || rules.Head != head)
            await Refresh(slot, head.Scope, mine => mine.Head == head, ct);
        else if (rules.IsFromFile)
            Interlocked.CompareExchange(ref slot.Rules, rules with { IsFromFile = false }, rules);
    }

    /// <summary>Takes a scope's rules from disk, unless it has some.</summary>
    /// <returns>Whether it has rules now.</returns>
    public bool Restore(Scope scope)
    {
        var slot = _slots.GetOrAdd(scope, _ => new Slot());
        FromFile(slot, scope);
        return !IsForgotten(slot, scope);
    }

    /// <summary>
    /// Compares rules that came from disk with the database and takes what it has; a scope that it does not know is
    /// forgotten.
    /// </summary>
    public async Task Confirm(Scope scope, CancellationToken ct)
    {
        if (!_slots.TryGetValue(scope, out var slot))
            return;
        await Refresh(slot, scope, suffices: _ => true, ct);
        IsForgotten(slot, scope);
    }

    /// <summary>All that a scope's rules are made of, read from the database; null when it is not in memory.</summary>
    public Task<StoredRules?> ReadStored(Scope scope, CancellationToken ct) =>
        _slots.TryGetValue(scope, out var slot) && slot.Rules is { } rules
            ? InSnapshot(scope, loader => loader.Read(scope, rules, ct), ct)
            : Task.FromResult<StoredRules?>(null);

    /// <summary>What became of the entities of a scope that is in memory, as <see cref="RuleLoader.ReadSince"/>.</summary>
    public Task<StoredChanges?> ReadSince(ScopeHead head, CancellationToken ct) =>
        _slots.TryGetValue(head.Scope, out var slot) && slot.Rules is { } rules
            ? InSnapshot(head.Scope, loader => loader.ReadSince(head, rules, ct), ct)
            : Task.FromResult<StoredChanges?>(null);

    private async Task<ScopeRules> LoadFirst(Scope scope, CancellationToken ct)
    {
        var slot = _slots.GetOrAdd(scope, _ => new Slot());
        try
        {
            await FromDatabase(slot, scope, ct);
        }
        catch (Exception error) when (error is UnavailableException || engine.IsUnavailable(error))
        {
            FromFile(slot, scope);
            if (slot.Rules is null)
                throw;
        }
        finally
        {
            IsForgotten(slot, scope);
        }
        return slot.Rules ?? ScopeRules.Empty(scope);
    }

    private async Task FromDatabase(Slot slot, Scope scope, CancellationToken ct)
    {
        if (!database.IsReady)
            throw new UnavailableException("The database was not reached yet and these rules are not in memory.");
        try
        {
            await Refresh(slot, scope, suffices: _ => true, ct).WaitAsync(LongestLoad, clock, ct);
        }
        catch (TimeoutException)
        {
            throw new UnavailableException("These rules could not be read from the database in time.");
        }
    }

    private void FromFile(Slot slot, Scope scope)
    {
        // Many may ask at once for what one has to read.
        lock (slot)
        {
            if (slot.Rules is null)
                // What comes from the database meanwhile is better.
                Interlocked.CompareExchange(ref slot.Rules, files.Read(scope), null);
        }
    }

    /// <returns>Whether the slot is empty, and therefore gone.</returns>
    private bool IsForgotten(Slot slot, Scope scope) =>
        slot.Rules is null && _slots.TryRemove(KeyValuePair.Create(scope, slot));

    private async Task LookWhenDue(Slot slot, Scope scope)
    {
        var due = BetweenLooks - clock.GetElapsedTime(slot.LookedAt);
        if (due > TimeSpan.Zero)
            await Task.Delay(due, clock);
        lock (slot)
            (slot.NextLook, slot.LookedAt) = (null, clock.GetTimestamp());
        await Refresh(slot, scope, suffices: _ => false, CancellationToken.None);
    }

    /// <param name="suffices">Whether rules that came from the database meanwhile are what the caller came for.</param>
    private async Task Refresh(Slot slot, Scope scope, Func<ScopeRules, bool> suffices, CancellationToken ct)
    {
        var begun = Volatile.Read(ref slot.Begun);
        await slot.Loading.WaitAsync(ct);
        try
        {
            var mine = slot.Rules;
            // Others may have loaded what this call came for while it waited: a load that began after it did has seen
            // all that there was.
            if (slot.Loaded > begun || (mine is { IsFromFile: false } && suffices(mine)))
                return;

            var load = Interlocked.Increment(ref slot.Begun);
            var loaded = await InSnapshot(scope, loader => loader.Load(scope, mine, ct), ct);
            // What a file has of a scope that the database does not know is of another database, or of a time that a
            // restored backup undid.
            slot.Rules = loaded ?? (mine is { IsFromFile: true } ? null : mine);
            slot.Loaded = load;
            if (slot.Rules?.Head != mine?.Head)
                _watches.Beat(scope);
        }
        finally
        {
            slot.Loading.Release();
        }
    }

    private async Task<T> InSnapshot<T>(Scope scope, Func<RuleLoader, Task<T>> read, CancellationToken ct)
    {
        await using var work = services.CreateAsyncScope();
        work.ServiceProvider.GetRequiredService<CallContext>().Enter(scope, "evaluation");
        var db = work.ServiceProvider.GetRequiredService<AppDbContext>();
        await using var snapshot = await engine.BeginSnapshot(db, ct);
        return await read(work.ServiceProvider.GetRequiredService<RuleLoader>());
    }

    private static Counter.Child Requests(string result) =>
        Metrics
            .CreateCounter("rule_cache_requests_total", "Look-ups of a scope's compiled rules in memory.", "result")
            .WithLabels(result);

    private sealed class Slot
    {
        public SemaphoreSlim Loading { get; } = new(1, 1);

        /// <summary>Swapped by one reference; null until first loaded.</summary>
        public volatile ScopeRules? Rules;

        /// <summary>How many loads were begun; one by one, as <see cref="Loading"/> has it.</summary>
        public long Begun;

        /// <summary>The latest that ended well, by its number.</summary>
        public long Loaded;

        /// <summary>The look that has yet to begin, if somebody waits for one.</summary>
        public Task? NextLook;

        /// <summary>When the latest look began, as the clock's timestamp.</summary>
        public long LookedAt;
    }
}
