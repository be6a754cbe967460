using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.BuildingBlocks.Work;

/// <summary>
/// Tells workers that there is something to do. The signals of a use case or of a subscriber are written in its own
/// transaction: whoever hears one finds what it is about.
/// </summary>
public sealed class WorkSignals
{
    private readonly AppDbContext _db;
    private readonly CallContext _call;
    private readonly WorkSql _sql;
    private readonly Dictionary<string, HashSet<string>> _signals = new(StringComparer.Ordinal);

    internal WorkSignals(AppDbContext db, CallContext call, WorkSql sql) => (_db, _call, _sql) = (db, call, sql);

    /// <summary>Begins to keep an item of the caller's scope.</summary>
    public void Add(string kind, string id) =>
        _db.Add(
            new WorkItem
            {
                Kind = kind,
                Id = id,
                Tenant = _call.Scope.Tenant,
                Environment = _call.Scope.Environment,
            }
        );

    /// <summary>There is something to do for these items of the caller's scope.</summary>
    public void Signal(string kind, params IEnumerable<string> ids)
    {
        if (!_signals.TryGetValue(kind, out var signalled))
            _signals[kind] = signalled = new HashSet<string>(StringComparer.Ordinal);
        signalled.UnionWith(ids);
    }

    /// <exception cref="InvalidOperationException">An item is gone, with whatever it was there for.</exception>
    internal async Task Flush(CancellationToken ct)
    {
        foreach (var (kind, ids) in _signals)
        {
            var (tenant, environment) = (_call.Scope.Tenant, _call.Scope.Environment);
            var signalled = await _db.Database.ExecuteSqlRawAsync(
                _sql.Signal(ids.Count),
                [kind, tenant, environment, .. ids],
                ct
            );
            if (signalled < ids.Count)
                throw new InvalidOperationException($"An item of {kind} that there is something to do for is gone.");
        }
        _signals.Clear();
    }
}
