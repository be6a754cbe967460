using System.Data.Common;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace FeatureFlags.Benchmarks.Refresh;

/// <summary>
/// What is measured: a tenant of 10,000 flags with three clauses, a percentage and two variants each; one that is
/// required by 100 of them; and a segment of nearly a million ids, which leaves room for changes. One of each kind is written through the API, the others are
/// copied in the database.
/// </summary>
internal static class Tenant
{
    public const int Flags = 10_000;
    public const int Members = 990_000;
    public const string Name = "acme";
    public const string FlagsOnly = "small";
    public const string AnyFlag = "flag-4711";
    public const string Required = "base";
    public const string Segment = "customers";

    private const int Requiring = 100;

    public static async Task Write(string dsn, string folder)
    {
        await using (var node = await Node.Start(dsn, folder))
        {
            foreach (var tenant in new[] { Name, FlagsOnly })
            {
                await node.Write(tenant, "/v1/flags", Flag(Required));
                await node.Write(tenant, "/v1/flags", Flag("flag-0"));
                await node.Write(tenant, "/v1/flags", Flag("needs-0", Required));
            }
            var members = new JsonArray("user-0");
            await node.Write(Name, "/v1/segments", new JsonObject { ["key"] = Segment, ["included"] = members });
            await node.Write(Name, "/v1/flags", Flag("uses-segment", segment: Segment));
        }

        await using var connection = Connect(dsn);
        await connection.OpenAsync();
        await Copy(connection, "flag", Flags - Requiring - 1);
        await Copy(connection, "needs", Requiring);
        await Run(
            connection,
            $"""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {Members - 1})
            INSERT INTO segments_members (tenant, environment, segment_key, list, member, position)
            SELECT tenant, environment, segment_key, list, 'user-' || i, i FROM segments_members, n
            """
        );
        await Run(connection, $"UPDATE segments_segments SET included_count = {Members}, next_position = {Members}");
        await Run(connection, "ANALYZE");
    }

    private static async Task Copy(DbConnection connection, string name, int count)
    {
        foreach (
            var (table, key, text) in new[] { ("flags_flags", "key", true), ("flags_references", "flag_key", false) }
        )
        {
            var columns = text
                ? "created_at, deleted_at, \"on\", search, updated_at, version"
                : "kind, target_key, variant";
            var document = text ? $", replace(document, '\"{name}-0\"', '\"{name}-' || i || '\"')" : "";
            await Run(
                connection,
                $"""
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count - 1})
                INSERT INTO {table} (tenant, environment, {columns}, {key}{(text ? ", document" : "")})
                SELECT tenant, environment, {columns}, '{name}-' || i{document} FROM {table}, n WHERE {key} = '{name}-0'
                """
            );
        }
    }

    private static DbConnection Connect(string dsn) =>
        dsn.StartsWith("Data Source", StringComparison.Ordinal) ? new SqliteConnection(dsn) : new NpgsqlConnection(dsn);

    private static async Task Run(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 600;
        await command.ExecuteNonQueryAsync();
    }

    private static JsonObject Flag(string key, string? requires = null, string? segment = null)
    {
        var when = new JsonObject
        {
            ["attr"] = new JsonObject
            {
                ["country"] = new JsonArray("CA", "US"),
                ["plan"] = "pro",
                ["app.version"] = new JsonObject { ["semver_gte"] = "4.2.0" },
            },
            ["percentage"] = 25,
        };
        if (segment is not null)
            when["segment"] = segment;
        var flag = new JsonObject
        {
            ["key"] = key,
            ["state"] = "on",
            ["variants"] = new JsonArray(Variant("on", 50, true), Variant("off", 50, false)),
            ["rules"] = new JsonArray(
                new JsonObject
                {
                    ["id"] = "pro-in-north-america",
                    ["order"] = 1,
                    ["when"] = when,
                    ["rollout"] = new JsonObject { ["variant"] = "on" },
                }
            ),
            ["tags"] = new JsonArray("web"),
            ["metadata"] = new JsonObject { ["owner"] = "web-team" },
        };
        if (requires is not null)
            flag["prerequisites"] = new JsonArray(new JsonObject { ["key"] = requires, ["variant"] = "on" });
        return flag;
    }

    private static JsonObject Variant(string key, int weight, bool value) =>
        new()
        {
            ["key"] = key,
            ["weight"] = weight,
            ["value"] = value,
        };
}
