using FeatureFlags.BuildingBlocks.Persistence;

namespace FeatureFlags.BuildingBlocks.Work;

/// <summary>
/// The statements on work items that LINQ can't say: they read the database's clock, or lock several rows in one order.
/// </summary>
internal sealed class WorkSql(IDatabaseEngine engine)
{
    /// <summary>{0} kind. Asked before a claim, because a claim takes SQLite's one write lock.</summary>
    public string IsAnyDue { get; } =
        $$"""
            SELECT EXISTS (
                SELECT 1 FROM outbox_work
                WHERE kind = {0}
                  AND due_at <= (SELECT {{engine.NowSql}})
                  AND paused_until <= {{engine.NowSql}}
                  AND (lease_until IS NULL OR lease_until < {{engine.NowSql}})) AS "Value"
            """;

    /// <summary>
    /// {0} token, {1} lease in ms, {2} kind, {3} how many. The lease is checked again outside the sub-select because
    /// PostgreSQL looks only at those conditions anew after it waited for another's update.
    /// </summary>
    public string Claim { get; } =
        $$"""
            WITH due AS MATERIALIZED (
                SELECT id FROM outbox_work
                WHERE kind = {2}
                  AND due_at <= (SELECT {{engine.NowSql}})
                  AND paused_until <= {{engine.NowSql}}
                  AND (lease_until IS NULL OR lease_until < {{engine.NowSql}})
                ORDER BY leased_at
                LIMIT {3} {{engine.SkipLockedSql}})
            UPDATE outbox_work
            SET lease_token = {0}, lease_until = {{engine.NowSql}} + {1}, leased_at = {{engine.NowSql}}
            WHERE kind = {2}
              AND (lease_until IS NULL OR lease_until < {{engine.NowSql}})
              AND id IN (SELECT id FROM due)
            RETURNING *
            """;

    /// <summary>{0} lease in ms, {1} token. A lease that has run out is not renewed: another may hold it by now.</summary>
    public string Renew { get; } =
        $$"""
            WITH held AS (
                SELECT id FROM outbox_work WHERE lease_token = {1}
                ORDER BY id {{engine.WaitLockedSql}})
            UPDATE outbox_work SET lease_until = {{engine.NowSql}} + {0}
            WHERE lease_token = {1} AND lease_until >= {{engine.NowSql}}
              AND id IN (SELECT id FROM held)
            """;

    /// <summary>{0} kind, {1} tenant, {2} environment, {3} and so on: the ids.</summary>
    public string Signal(int count)
    {
        var ids = string.Join(", ", Enumerable.Range(3, count).Select(i => $"{{{i}}}"));
        return $$"""
            WITH signalled AS (
                SELECT id FROM outbox_work
                WHERE kind = {0} AND tenant = {1} AND environment = {2}
                  AND id IN ({{ids}})
                ORDER BY id {{engine.WaitLockedSql}})
            UPDATE outbox_work SET due_at = 0, signals = signals + 1
            WHERE kind = {0} AND id IN (SELECT id FROM signalled)
            """;
    }

    /// <summary>
    /// {0} rest in ms, below 0 for until a signal, {1} pause in ms, {2} kind, {3} id, {4} token, {5} the signals counted
    /// when it was claimed: one that came since makes it due at once.
    /// </summary>
    public string Release { get; } =
        $$"""
            UPDATE outbox_work
            SET lease_token = NULL, lease_until = NULL,
                paused_until = {{engine.NowSql}} + {1},
                due_at = CASE WHEN signals <> {5} THEN 0
                    WHEN {0} < 0 THEN {{WorkItem.Never}}
                    ELSE {{engine.NowSql}} + {0} END
            WHERE kind = {2} AND id = {3} AND lease_token = {4}
            """;
}
