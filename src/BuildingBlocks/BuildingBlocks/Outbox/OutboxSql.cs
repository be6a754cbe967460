using FeatureFlags.BuildingBlocks.Persistence;

namespace FeatureFlags.BuildingBlocks.Outbox;

/// <summary>The statements on delivery rows that LINQ can't say: they read the database's clock.</summary>
internal sealed class OutboxSql(IDatabaseEngine engine)
{
    /// <summary>
    /// {0} token, {1} lease in ms, {2} subscriber, {3} how many. Due is a delivery whose time has come, that nobody
    /// holds, and before which the same subscriber has no other of the same entity: order per entity holds over
    /// retries and replicas. The lease is checked again outside the sub-select because PostgreSQL looks only at those
    /// conditions anew after it waited for another's update.
    /// </summary>
    public string Claim { get; } =
        $$"""
            WITH claimed AS MATERIALIZED (
                SELECT due.event_id FROM outbox_deliveries AS due
                WHERE due.subscriber = {2}
                  AND due.next_attempt_at <= (SELECT {{engine.NowSql}})
                  AND (due.lease_until IS NULL OR due.lease_until < {{engine.NowSql}})
                  AND NOT EXISTS (
                    SELECT 1 FROM outbox_deliveries AS earlier
                    WHERE earlier.subscriber = due.subscriber
                      AND earlier.tenant = due.tenant AND earlier.environment = due.environment
                      AND earlier.entity = due.entity AND earlier.entity_key = due.entity_key
                      AND earlier.revision < due.revision)
                ORDER BY due.next_attempt_at, due.event_id
                LIMIT {3} {{engine.SkipLockedSql}})
            UPDATE outbox_deliveries
            SET lease_token = {0}, lease_until = {{engine.NowSql}} + {1}, attempts = attempts + 1
            WHERE subscriber = {2}
              AND (lease_until IS NULL OR lease_until < {{engine.NowSql}})
              AND event_id IN (SELECT event_id FROM claimed)
            RETURNING *
            """;

    /// <summary>{0} lease in ms, {1} token. A lease that has run out is not renewed: another may hold it by now.</summary>
    public string Renew { get; } =
        $$"""
            UPDATE outbox_deliveries SET lease_until = {{engine.NowSql}} + {0}
            WHERE lease_token = {1} AND lease_until >= {{engine.NowSql}}
            """;

    /// <summary>{0} wait in ms, {1} error, {2} subscriber, {3} event id, {4} token.</summary>
    public string Postpone { get; } =
        $$"""
            UPDATE outbox_deliveries
            SET next_attempt_at = {{engine.NowSql}} + {0}, lease_until = NULL, lease_token = NULL, last_error = {1}
            WHERE subscriber = {2} AND event_id = {3} AND lease_token = {4}
            """;
}
