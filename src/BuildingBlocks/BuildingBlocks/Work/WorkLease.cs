using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.BuildingBlocks.Work;

/// <summary>The right to work on an item. It lasts as long as it is renewed, which its dispatcher does.</summary>
public sealed class WorkLease
{
    private readonly WorkItem _item;
    private readonly Func<bool> _isHeld;

    internal WorkLease(WorkItem item, Func<bool> isHeld) => (_item, _isHeld) = (item, isHeld);

    public string Id => _item.Id;

    public Scope Scope => new(_item.Tenant, _item.Environment);

    /// <summary>
    /// Whether it holds by this host's own clock: false after the host was halted for longer than a lease lasts. To be
    /// asked before anything that can't be taken back.
    /// </summary>
    public bool IsHeld => _isHeld();

    /// <summary>
    /// Makes sure, within the caller's transaction, that nobody else takes over before it commits.
    /// </summary>
    /// <exception cref="LeaseLostException">Somebody has.</exception>
    public async Task Require(AppDbContext db, CancellationToken ct)
    {
        // An update that changes nothing: it locks the row.
        var held = await db.Set<WorkItem>()
            .Where(w => w.Kind == _item.Kind && w.Id == _item.Id && w.LeaseToken == _item.LeaseToken)
            .ExecuteUpdateAsync(row => row.SetProperty(w => w.LeaseToken, w => w.LeaseToken), ct);
        if (held == 0)
            throw new LeaseLostException();
    }
}
