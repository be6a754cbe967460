using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.BuildingBlocks.Work;

/// <summary>
/// Tells workers that there is something to do. The signals of a use case or of a subscriber are written in its own
/// transaction, at the end: whoever hears one finds what it is about.
/// </summary>
public sealed class WorkSignals
{
    private readonly AppDbContext _db;
    private readonly CallContext _call;
    private readonly Dictionary<string, HashSet<string>> _signals = new(StringComparer.Ordinal);

    internal WorkSignals(AppDbContext db, CallContext call) => (_db, _call) = (db, call);

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

    internal async Task Flush(CancellationToken ct)
    {
        foreach (var (kind, ids) in _signals)
        {
            await _db.Set<WorkItem>()
                .Where(w => w.Kind == kind && ids.Contains(w.Id))
                .ExecuteUpdateAsync(
                    row => row.SetProperty(w => w.DueAt, 0).SetProperty(w => w.Signals, w => w.Signals + 1),
                    ct
                );
        }
        _signals.Clear();
    }
}
