using System.Data.Common;
using FeatureFlags.Testing;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace FeatureFlags.IntegrationTests.Operations;

/// <summary>
/// What an operator sets up: a database, a folder and settings. Hosts are started on it, one after the other or side by
/// side; they end with it.
/// </summary>
internal sealed class Installation : IAsyncDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "FeatureFlags.Host.dll");

    private readonly Dictionary<string, string> _settings;
    private readonly List<HostProcess> _hosts = [];

    private Installation(string folder, Engine engine, string dsn)
    {
        Folder = folder;
        Engine = engine;
        Dsn = dsn;
        _settings = new()
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["DEMO_SEED"] = "false",
            ["DATA_DIR"] = folder,
            ["DB_DSN"] = dsn,
        };
    }

    public string Folder { get; }

    public Engine Engine { get; }

    public string Dsn { get; }

    /// <summary>With a new, empty database.</summary>
    public static async Task<Installation> On(Engine engine) =>
        engine == Engine.Postgres ? On(await PostgresServer.Shared.CreateDatabase()) : OnSqlite();

    /// <summary>On the PostgreSQL database that a connection string names.</summary>
    public static Installation On(string dsn) => new(NewFolder(), Engine.Postgres, dsn);

    public Installation With(string name, string value)
    {
        _settings[name] = value;
        return this;
    }

    /// <summary>Starts a host and waits for nothing.</summary>
    public HostProcess Start(params (string Name, string Value)[] settings)
    {
        var all = _settings.Concat(settings.Select(s => KeyValuePair.Create(s.Name, s.Value)));
        var host = HostProcess.Start(Program, all, Folder);
        _hosts.Add(host);
        return host;
    }

    /// <summary>Starts a host and waits until it is ready.</summary>
    public Task<HostProcess> Run(params (string Name, string Value)[] settings) => Start(settings).Ready();

    /// <summary>Asks the database itself, past the service; or changes it.</summary>
    /// <returns>The first column, as text.</returns>
    public async Task<IReadOnlyList<string>> Sql(string sql)
    {
        await using var connection = Connect();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var rows = await command.ExecuteReaderAsync();
        var column = new List<string>();
        while (await rows.ReadAsync())
            column.Add(rows.GetValue(0).ToString()!);
        return column;
    }

    /// <summary>Unpooled: nothing of the test's may hold the file or a session while hosts come and go.</summary>
    public DbConnection Connect() =>
        Engine == Engine.Postgres
            ? new NpgsqlConnection($"{Dsn};Pooling=false")
            : new SqliteConnection($"{Dsn};Pooling=false");

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static Installation OnSqlite()
    {
        var folder = NewFolder();
        return new Installation(folder, Engine.Sqlite, $"Data Source={Path.Combine(folder, "featureflags.db")}");
    }

    private static string NewFolder() => Directory.CreateTempSubdirectory("featureflags-").FullName;
}
