using System.Collections.Concurrent;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.Extensions.DependencyInjection;
using Prometheus;

namespace FeatureFlags.Evaluation.Domain;

/// <summary>
/// The compiled rules of every scope that is evaluated on this node, loaded when first asked for and kept up to date
/// by revision. Good rules are replaced only by newer ones that loaded whole; a scope that nobody ever wrote to is not
/// remembered, so asking for made-up ones costs no memory.
/// </summary>
internal sealed class RuleCache(
    IServiceScopeFactory services,
    IDatabaseEngine engine,
    DatabaseStatus database,
    TimeProvider clock
) : IScopeFollower
{
    // Far above what any load needs; the database's own limits end most of them sooner.
    private static readonly TimeSpan LongestLoad = TimeSpan.FromSeconds(30);

    private static readonly Counter.Child Hits = Requests("hit");
    private static readonly Counter.Child Misses = Requests("miss");

    private readonly ConcurrentDictionary<Scope, Slot> _slots = new();

    /// <summary>The scope's rules as of some revision not long ago; empty for a scope without any.</summary>
    /// <exception cref="UnavailableException">They were never loaded and the database is away, or too slow.</exception>
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

    /// <inheritdoc/>
    public async Task Follow(ScopeHead head, CancellationToken ct)
    {
        // A scope that nobody evaluates here is loaded when somebody does. One that is just being loaded is waited
        // for: its snapshot may have been taken before this head.
        if (_slots.TryGetValue(head.Scope, out var slot) && slot.Rules?.Head != head)
            await Refresh(slot, head.Scope, head, ct);
    }

    private async Task<ScopeRules> LoadFirst(Scope scope, CancellationToken ct)
    {
        if (!database.IsReady)
            throw new UnavailableException("The database was not reached yet and these rules are not in memory.");

        var slot = _slots.GetOrAdd(scope, _ => new Slot());
        try
        {
            await Refresh(slot, scope, target: null, ct).WaitAsync(LongestLoad, clock, ct);
            return slot.Rules ?? ScopeRules.Empty(scope.Tenant);
        }
        catch (TimeoutException)
        {
            throw new UnavailableException("These rules could not be read from the database in time.");
        }
        finally
        {
            if (slot.Rules is null)
                _slots.TryRemove(KeyValuePair.Create(scope, slot));
        }
    }

    private async Task Refresh(Slot slot, Scope scope, ScopeHead? target, CancellationToken ct)
    {
        await slot.Loading.WaitAsync(ct);
        try
        {
            var mine = slot.Rules;
            // Others may have loaded what this call came for while it waited.
            if (mine is not null && (target is null || mine.Head == target))
                return;

            await using var work = services.CreateAsyncScope();
            work.ServiceProvider.GetRequiredService<CallContext>().Enter(scope, "evaluation");
            var db = work.ServiceProvider.GetRequiredService<AppDbContext>();
            await using var snapshot = await engine.BeginSnapshot(db, ct);
            slot.Rules = await work.ServiceProvider.GetRequiredService<RuleLoader>().Load(scope, mine, ct) ?? mine;
        }
        finally
        {
            slot.Loading.Release();
        }
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
    }
}
