using System.Diagnostics;
using System.Text.Json;
using FeatureFlags.BuildingBlocks.Domain;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.BuildingBlocks.Outbox;

/// <summary>Puts the changes of a unit of work into the outbox, a revision and a delivery per subscriber each.</summary>
internal sealed class OutboxWriter(
    AppDbContext db,
    CallContext call,
    IEnumerable<Subscription> subscriptions,
    EventCatalog catalog,
    TimeProvider clock
)
{
    /// <returns>The scope's new head.</returns>
    public async Task<ScopeHead> Append(IReadOnlyList<Change> changes, long firstRevision, CancellationToken ct)
    {
        var (tenant, environment) = (call.Scope.Tenant, call.Scope.Environment);
        var now = clock.Now();
        var head = new ScopeHead(call.Scope, firstRevision - 1, "");

        foreach (var change in changes)
        {
            catalog.Require(change.Type);
            head = head with { Revision = head.Revision + 1, EventId = EventId.New(now) };
            db.Add(
                new OutboxMessage
                {
                    EventId = head.EventId,
                    Tenant = tenant,
                    Environment = environment,
                    Revision = head.Revision,
                    Type = change.Type,
                    Entity = change.Entity,
                    Action = change.Action,
                    EntityKey = change.Key,
                    EntityVersion = change.Version,
                    Actor = call.Actor,
                    RequestId = call.RequestId,
                    OccurredAt = now,
                    Before = Text(change.Before),
                    After = Text(change.After),
                    TraceParent = Activity.Current?.Id,
                }
            );
            foreach (var subscription in subscriptions)
            {
                db.Add(
                    new OutboxDelivery
                    {
                        Subscriber = subscription.Name,
                        EventId = head.EventId,
                        Tenant = tenant,
                        Environment = environment,
                        Revision = head.Revision,
                        Entity = change.Entity,
                        EntityKey = change.Key,
                    }
                );
            }
        }

        await db.Set<ScopeRevision>()
            .Of(call.Scope)
            .ExecuteUpdateAsync(
                row => row.SetProperty(r => r.Revision, head.Revision).SetProperty(r => r.HeadEventId, head.EventId),
                ct
            );
        return head;
    }

    private static string? Text(JsonElement? json) => json?.GetRawText();
}
