using FeatureFlags.Host.Persistence;
using FeatureFlags.Testing;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace FeatureFlags.IntegrationTests.Outbox;

/// <summary>An empty database for one test.</summary>
internal sealed class TestDatabase : IDisposable
{
    private readonly string? _folder;

    private TestDatabase(DatabaseDsn dsn, string? folder) => (Dsn, _folder) = (dsn, folder);

    public DatabaseDsn Dsn { get; }

    public static async Task<TestDatabase> Create(Engine engine)
    {
        if (engine == Engine.Postgres)
            return new(DatabaseDsn.Parse(await PostgresServer.Shared.CreateDatabase(), "unused"), folder: null);

        var folder = Directory.CreateTempSubdirectory("featureflags-outbox-").FullName;
        return new(DatabaseDsn.Parse(null, folder), folder);
    }

    public void Dispose()
    {
        if (_folder is null)
        {
            using var sessions = new NpgsqlConnection(Dsn.ConnectionString);
            NpgsqlConnection.ClearPool(sessions);
            return;
        }
        using (var connection = new SqliteConnection(Dsn.ConnectionString))
            SqliteConnection.ClearPool(connection);
        Directory.Delete(_folder, recursive: true);
    }
}
