using System.Data.Common;

namespace FeatureFlags.FaultTests.Rig;

/// <summary>A change as the outbox or the audit log has it.</summary>
internal sealed record Change(
    string EventId,
    long Revision,
    string Entity,
    string Key,
    long Version,
    string? RequestId,
    string? Before,
    string? After
);

/// <summary>What the database holds of the tenant, read when nothing happens any more.</summary>
internal sealed record History(
    long Revision,
    string HeadEventId,
    IReadOnlyList<Change> Messages,
    IReadOnlyList<Change> Entries,
    IReadOnlyDictionary<string, (long Version, bool Deleted)> Flags
)
{
    private const string Scope = $"tenant = '{Installation.Tenant}' AND environment = 'production'";

    public static async Task<History> Of(Installation installation)
    {
        var head = await installation.Sql(
            $"SELECT revision, head_event_id FROM outbox_revisions WHERE {Scope}",
            row => (row.GetInt64(0), row.GetString(1))
        );
        var flags = await installation.Sql(
            $"SELECT key, version, deleted_at FROM flags_flags WHERE {Scope}",
            row => (Key: row.GetString(0), Version: row.GetInt64(1), Deleted: !row.IsDBNull(2))
        );
        var (revision, eventId) = head is [var only] ? only : (0, "");
        return new History(
            revision,
            eventId,
            await Changes(installation, "entity_version", "outbox_messages"),
            await Changes(installation, "version", "audit_entries"),
            flags.ToDictionary(flag => flag.Key, flag => (flag.Version, flag.Deleted))
        );
    }

    private static Task<List<Change>> Changes(Installation installation, string version, string table) =>
        installation.Sql(
            $"""
            SELECT event_id, revision, entity, entity_key, {version}, request_id, "before", "after" FROM {table}
            WHERE {Scope} ORDER BY revision, event_id
            """,
            row => new Change(
                row.GetString(0),
                row.GetInt64(1),
                row.GetString(2),
                row.GetString(3),
                row.GetInt64(4),
                Text(row, 5),
                Text(row, 6),
                Text(row, 7)
            )
        );

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
