using FeatureFlags.Audit.Domain;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Audit.Integrations;

/// <summary>
/// Writes down every change of every module. It reads the envelope only, so a new type of event changes nothing here.
/// </summary>
internal sealed class WriteAuditEntry(AppDbContext db) : IOutboxSubscriber
{
    public const string Name = "audit";

    public async Task Handle(OutboxMessage message, CancellationToken ct)
    {
        // The entry and the delivery's end are one save; this is for a message that an operator puts in once more.
        if (await db.Set<AuditEntry>().AnyAsync(e => e.EventId == message.EventId, ct))
            return;

        db.Add(
            new AuditEntry
            {
                EventId = message.EventId,
                Tenant = message.Tenant,
                Environment = message.Environment,
                Revision = message.Revision,
                Ts = message.OccurredAt,
                Actor = message.Actor,
                Entity = message.Entity,
                EntityKey = message.EntityKey,
                Action = AuditEntry.ActionOf(message.Action),
                Version = message.EntityVersion,
                RequestId = message.RequestId,
                Before = message.Before,
                After = message.After,
            }
        );
    }
}
