using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.BuildingBlocks.Work;
using FeatureFlags.ChangeFeed.Domain;
using FeatureFlags.ChangeFeed.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.ChangeFeed.Webhooks;

/// <summary>
/// Queues each change for every active webhook that wants it: the rows and the end of the outbox's own delivery are one
/// save, so that each webhook has each event once.
/// </summary>
internal sealed class QueueDeliveries(AppDbContext db, WorkSignals work, WebhookSettings settings, TimeProvider clock)
    : IOutboxSubscriber
{
    public const string Name = "webhooks";

    // For all messages that are handled together.
    private List<Webhook>? _active;

    public async Task Handle(OutboxMessage message, CancellationToken ct)
    {
        _active ??= await db.Webhooks().AsNoTracking().Where(w => w.Active).ToListAsync(ct);
        var receivers = _active.Where(w => w.Wants(message.Type)).ToList();
        // The second question is for a message that an operator puts in once more.
        if (receivers.Count == 0 || await db.Set<QueuedEvent>().AnyAsync(e => e.EventId == message.EventId, ct))
            return;

        var queued = Envelope.Of(message).Queue();
        var lane = (message.Entity, message.EntityKey, message.Revision);
        var now = clock.GetUtcNow();
        db.Add(queued);
        db.AddRange(receivers.Select(w => Delivery.Of(queued, w, message.Type, lane, now, settings.Schedule.Waits[0])));
        work.Signal(DeliverToWebhook.Kind, receivers.Select(w => w.Id));
    }
}
