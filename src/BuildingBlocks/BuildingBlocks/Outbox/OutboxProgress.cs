using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.BuildingBlocks.Outbox;

/// <summary>How far a once-only subscriber has come in the caller's scope.</summary>
public sealed class OutboxProgress
{
    // Deliveries made by another replica give no beat here.
    private static readonly TimeSpan Recheck = TimeSpan.FromMilliseconds(25);

    private readonly AppDbContext _db;
    private readonly CallContext _call;
    private readonly DeliveryPulse _deliveries;
    private readonly TimeProvider _clock;

    internal OutboxProgress(AppDbContext db, CallContext call, DeliveryPulse deliveries, TimeProvider clock) =>
        (_db, _call, _deliveries, _clock) = (db, call, deliveries, clock);

    /// <summary>
    /// Waits until the subscriber has handled everything that was committed in the caller's scope before this call,
    /// but no longer than <paramref name="atMost"/>: then the caller goes on with what is there.
    /// </summary>
    public async Task WaitFor(string subscriber, TimeSpan atMost, CancellationToken ct)
    {
        var head = await _db.Set<ScopeRevision>().Of(_call.Scope).Select(r => r.Revision).SingleOrDefaultAsync(ct);
        var started = _clock.GetTimestamp();
        while (true)
        {
            var beat = _deliveries.Pulse.Next;
            var behind = await _db.Set<OutboxDelivery>()
                .AnyAsync(d => d.Subscriber == subscriber && d.Revision <= head, ct);
            if (!behind || _clock.GetElapsedTime(started) >= atMost)
                return;

            await Pulse.Await(beat, Recheck, _clock, ct);
        }
    }
}
