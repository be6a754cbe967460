using System.Collections.Concurrent;
using Npgsql;

namespace FeatureFlags.Testing;

/// <summary>A PostgreSQL server, 15 or later, that hands out fresh databases.</summary>
public abstract class PostgresServer : IAsyncDisposable
{
    // Text sorts by language, as in the usual installation: a query that means ordinal order has to say so.
    private const string ByLanguage = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'";

    private static readonly Lock Gate = new();
    private static PostgresServer? _shared;

    private readonly ConcurrentBag<string> _created = [];

    /// <summary>
    /// The server of this test process: a <see cref="PostgresCluster"/> started at the first use; on a machine without
    /// PostgreSQL's binaries the server that <c>TEST_POSTGRES_DSN</c> names (an Npgsql connection string of a user who
    /// may create databases). With neither, the asking test is skipped, or fails where <c>CI=true</c>.
    /// </summary>
    public static PostgresServer Shared
    {
        get
        {
            lock (Gate)
                return _shared ??= Available();
        }
    }

    /// <summary>Ends the shared server, if there is one: for the teardown of a test assembly.</summary>
    public static async Task StopShared()
    {
        PostgresServer? server;
        lock (Gate)
            (server, _shared) = (_shared, null);
        if (server is not null)
            await server.DisposeAsync();
    }

    /// <summary>
    /// A new database: empty, or a copy of the one that the connection string <paramref name="template"/> names.
    /// PostgreSQL copies only what nobody uses, so the sessions still open on the template are ended.
    /// </summary>
    /// <returns>The connection string of the new database.</returns>
    public async Task<string> CreateDatabase(string? template = null)
    {
        var name = $"test_{Guid.NewGuid():N}";
        if (template is null)
        {
            await Execute($"""CREATE DATABASE "{name}" TEMPLATE template0 ENCODING 'UTF8' {ByLanguage}""");
        }
        else
        {
            var source = new NpgsqlConnectionStringBuilder(template).Database!;
            await Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", source);
            await Execute($"""CREATE DATABASE "{name}" TEMPLATE "{source}" """);
        }
        _created.Add(name);
        return new NpgsqlConnectionStringBuilder(Administration) { Database = name, Pooling = true }.ConnectionString;
    }

    public abstract ValueTask DisposeAsync();

    /// <summary>How the server is reached to create databases.</summary>
    private protected abstract string Administration { get; }

    private protected async Task Execute(string sql, params string[] arguments)
    {
        // Unpooled: an idle session here would outlive a stop of the server.
        var unpooled = new NpgsqlConnectionStringBuilder(Administration) { Pooling = false };
        await using var connection = new NpgsqlConnection(unpooled.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var argument in arguments)
            command.Parameters.Add(new NpgsqlParameter { Value = argument });
        await command.ExecuteNonQueryAsync();
    }

    private static PostgresServer Available()
    {
        if (PostgresCluster.CanLaunch)
            return PostgresCluster.Launch();
        if (Environment.GetEnvironmentVariable("TEST_POSTGRES_DSN") is { Length: > 0 } dsn)
            return new ExistingPostgres(dsn);
        throw Unavailable("Neither initdb and pg_ctl (PATH, /usr/lib/postgresql/*/bin) nor TEST_POSTGRES_DSN");
    }

    /// <summary>A skip that cannot be overlooked; where CI=true, nobody would look, so there it is a failure.</summary>
    private protected static Exception Unavailable(string reason)
    {
        var message = $"NOT TESTED ON POSTGRESQL. {reason}.";
        if (Environment.GetEnvironmentVariable("CI") == "true")
            return new AssertionException(message);
        TestContext.Error.WriteLine(message);
        return new IgnoreException(message);
    }

    /// <summary>Somebody's server: what was created there is dropped at the end.</summary>
    private sealed class ExistingPostgres(string dsn) : PostgresServer
    {
        private protected override string Administration => dsn;

        public override async ValueTask DisposeAsync()
        {
            while (_created.TryTake(out var name))
                await Execute($"""DROP DATABASE "{name}" WITH (FORCE)""");
        }
    }
}
