using FeatureFlags.Testing;
using Npgsql;

namespace FeatureFlags.IntegrationTests.Infrastructure;

internal sealed class PostgresClusterTests
{
    [Test]
    public async Task Each_database_is_fresh()
    {
        var one = await PostgresServer.Shared.CreateDatabase();
        var other = await PostgresServer.Shared.CreateDatabase();

        await Sql(one, "CREATE TABLE fruit (name text)");

        Assert.That(await Sql(other, "SELECT to_regclass('fruit') IS NULL"), Is.True);
    }

    [Test]
    public async Task A_copy_of_a_template_has_its_rows_even_while_somebody_was_connected_to_it()
    {
        var template = await PostgresServer.Shared.CreateDatabase();
        await using var connected = new NpgsqlConnection(template);
        await connected.OpenAsync();
        await Sql(template, "CREATE TABLE fruit (name text); INSERT INTO fruit VALUES ('fig')");

        var copy = await PostgresServer.Shared.CreateDatabase(template);

        Assert.That(await Sql(copy, "SELECT name FROM fruit"), Is.EqualTo("fig"));
    }

    [Test]
    public async Task Text_sorts_by_language_unless_a_query_says_otherwise()
    {
        var database = await PostgresServer.Shared.CreateDatabase();

        Assert.That(await Sql(database, "SELECT 'a' < 'B'"), Is.True);
        Assert.That(await Sql(database, """SELECT 'a' < 'B' COLLATE "C" """), Is.False);
    }

    [Test]
    public async Task What_was_committed_survives_a_crash_and_the_server_comes_back_where_it_was()
    {
        await using var cluster = PostgresCluster.LaunchDurable();
        var database = await cluster.CreateDatabase();
        await Sql(database, "CREATE TABLE fruit (name text); INSERT INTO fruit VALUES ('fig')");

        cluster.StopImmediate();
        Assert.That(async () => await Sql(database, "SELECT 1"), Throws.InstanceOf<NpgsqlException>());
        cluster.Start();
        NpgsqlConnection.ClearAllPools();

        Assert.That(await Sql(database, "SELECT name FROM fruit"), Is.EqualTo("fig"));
        Assert.That(await Sql(database, "SHOW fsync"), Is.EqualTo("on"));
    }

    [Test]
    public async Task Nothing_is_left_of_a_cluster_that_was_disposed_of()
    {
        var cluster = PostgresCluster.Launch();
        var database = await cluster.CreateDatabase();
        var folder = (string)(await Sql(database, "SHOW data_directory"))!;
        Assert.That(folder, Does.Exist);

        await cluster.DisposeAsync();

        Assert.That(folder, Does.Not.Exist);
        Assert.That(async () => await Sql(database, "SELECT 1"), Throws.InstanceOf<NpgsqlException>());
    }

    private static async Task<object?> Sql(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
