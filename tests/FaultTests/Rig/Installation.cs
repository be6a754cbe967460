using System.Data.Common;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using FeatureFlags.Testing;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace FeatureFlags.FaultTests.Rig;

/// <summary>
/// A database and the hosts on it, which come and go. Each host has a place, numbered from 0, with a folder of its own
/// that outlives it. What the hosts wrote is kept among the artifacts.
/// </summary>
internal sealed class Installation : IAsyncDisposable
{
    public const string Tenant = "acme";

    private const string JwtSecret = "a-secret-of-the-fault-rig-of-32-bytes-and-more";

    private readonly string _dsn;
    private readonly bool _sqlite;
    private readonly Dictionary<string, string> _settings;
    private readonly Lock _lock = new();
    private readonly Dictionary<int, HostProcess> _up = [];
    private readonly List<HostProcess> _all = [];
    private TaskCompletionSource _cameUp = New();
    private string? _token;

    private Installation(string folder, string dsn, bool sqlite)
    {
        (Folder, _dsn, _sqlite) = (folder, dsn, sqlite);
        _settings = new()
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["DEMO_SEED"] = "false",
            ["DB_DSN"] = dsn,
            ["JWT_SECRET"] = JwtSecret,
            // Work that a killed host held is taken up again after this: the usual 10 s would only lengthen the runs.
            ["Outbox__Lease"] = "00:00:02",
            // Ten attempts, as usual, but within seconds.
            ["WEBHOOKS_SCHEDULE"] = "0,0.1,0.1,0.2,0.5,1,2,2,2,2",
        };
    }

    public string Folder { get; }

    public string Dsn => _dsn;

    public string SqliteFile => Path.Combine(Folder, "featureflags.db");

    /// <summary>The hosts that are up.</summary>
    public IReadOnlyList<HostProcess> Hosts
    {
        get
        {
            lock (_lock)
                return [.. _up.OrderBy(host => host.Key).Select(host => host.Value)];
        }
    }

    /// <param name="folder">Where the file goes; a new folder unless given.</param>
    public static Installation OnSqlite(string? folder = null)
    {
        folder ??= NewFolder();
        return new Installation(folder, $"Data Source={Path.Combine(folder, "featureflags.db")}", sqlite: true);
    }

    public static async Task<Installation> OnPostgres(PostgresServer? server = null) =>
        new(NewFolder(), await (server ?? PostgresServer.Shared).CreateDatabase(), sqlite: false);

    public Installation With(string name, string value)
    {
        _settings[name] = value;
        return this;
    }

    /// <summary>Starts hosts at the places 0 to <paramref name="count"/> - 1, together.</summary>
    public Task Start(int count) => Task.WhenAll(Enumerable.Range(0, count).Select(place => Start(place, [])));

    /// <summary>Starts a host at a place and waits until it is ready.</summary>
    /// <param name="program">Which host; the one under test unless given.</param>
    public async Task<HostProcess> Start(int place, (string Name, string Value)[] settings, string? program = null)
    {
        var host = await Launch(place, settings, program);
        return Up(place, await host.Ready());
    }

    /// <summary>Starts a host whose database is away, so that it answers but may not be ready.</summary>
    public async Task<HostProcess> StartWithoutDatabase(int place)
    {
        var host = await Launch(place, [], program: null);
        return Up(place, await host.Answering());
    }

    /// <summary>The files that a host would start from, were the database away.</summary>
    public IEnumerable<string> LastKnownGood(int place)
    {
        var folder = Path.Combine(Folder, $"host-{place}", "last-known-good");
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*.rules") : [];
    }

    /// <summary>Starts a host that may end by itself at any time, even before it is ready.</summary>
    public async Task<HostProcess> StartDoomed(int place, (string Name, string Value)[] sabotage)
    {
        var host = await Launch(place, sabotage, program: null);
        return Up(place, await host.ReadyOrEnded());
    }

    /// <summary>Starts a host at a place and waits for nothing.</summary>
    public async Task<HostProcess> Launch(int place, (string Name, string Value)[] settings, string? program)
    {
        var folder = Path.Combine(Folder, $"host-{place}");
        Directory.CreateDirectory(folder);
        var all = _settings
            .Append(KeyValuePair.Create("DATA_DIR", folder))
            .Concat(settings.Select(setting => KeyValuePair.Create(setting.Name, setting.Value)));
        var host = HostProcess.Start(program ?? await PublishedHost.Program(), all, folder);
        lock (_lock)
            _all.Add(host);
        return host;
    }

    /// <summary>SIGKILL. Whoever asks for a host from now on does not get this one.</summary>
    public async Task Kill(int place)
    {
        HostProcess host;
        lock (_lock)
            _up.Remove(place, out host!);
        await host.Kill();
    }

    /// <summary>Forgets a host that has ended by itself.</summary>
    public void Gone(int place)
    {
        lock (_lock)
            _up.Remove(place);
    }

    /// <summary>One of the hosts that are up; waits for one if there is none.</summary>
    public async Task<HostProcess> Any(Random random, CancellationToken ct)
    {
        while (true)
        {
            Task cameUp;
            lock (_lock)
            {
                if (_up.Count > 0)
                    return _up.Values.ElementAt(random.Next(_up.Count));
                cameUp = _cameUp.Task;
            }
            await cameUp.WaitAsync(ct);
        }
    }

    /// <summary>A token of the stub issuer, good at each host.</summary>
    public async Task<string> Token(HostProcess host)
    {
        if (_token is null)
        {
            using var answer = await host.Http.PostAsync("/v1/auth/token", Json(new { sub = "writer" }));
            var body = await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
            _token = JsonDocument.Parse(body).RootElement.GetProperty("access_token").GetString()!;
        }
        return _token;
    }

    /// <summary>A request to one host, in the name of the tenant.</summary>
    public async Task<HttpRequestMessage> Request(HostProcess host, HttpMethod method, string path, object? body = null)
    {
        var request = new HttpRequestMessage(method, new Uri(host.Http.BaseAddress!, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await Token(host));
        request.Headers.Add("X-Tenant-ID", Tenant);
        if (body is not null)
            request.Content = Json(body);
        return request;
    }

    /// <summary>Asks one host.</summary>
    public async Task<(int Status, JsonElement Body)> Ask(
        HostProcess host,
        HttpMethod method,
        string path,
        object? body = null
    )
    {
        using var request = await Request(host, method, path, body);
        using var answer = await host.Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, text.Length > 0 ? JsonDocument.Parse(text).RootElement : default);
    }

    /// <summary>Asks the database itself, past the service.</summary>
    public async Task<List<TRow>> Sql<TRow>(string sql, Func<DbDataReader, TRow> read)
    {
        await using var connection = await Connect();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var rows = await command.ExecuteReaderAsync();
        var found = new List<TRow>();
        while (await rows.ReadAsync())
            found.Add(read(rows));
        return found;
    }

    /// <summary>Does something to the database itself, past the service.</summary>
    public Task Sql(string sql) => Sql(sql, row => row.FieldCount);

    /// <summary>Unpooled: nothing of the test's may hold the file or a session while hosts come and go.</summary>
    public async Task<DbConnection> Connect()
    {
        DbConnection connection = _sqlite
            ? new SqliteConnection($"{_dsn};Pooling=false")
            : new NpgsqlConnection($"{_dsn};Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    /// <returns>What SQLite finds wrong with its file; nothing on PostgreSQL, which checks as it reads.</returns>
    public async Task<IReadOnlyList<string>> Corruption() =>
        _sqlite ? [.. (await Sql("PRAGMA integrity_check", row => row.GetString(0))).Where(line => line != "ok")] : [];

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _all)
            await host.DisposeAsync();
        KeepLogs();
        Directory.Delete(Folder, recursive: true);
    }

    public static StringContent Json(object body) =>
        new(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");

    private HostProcess Up(int place, HostProcess host)
    {
        lock (_lock)
        {
            _up[place] = host;
            _cameUp.TrySetResult();
            _cameUp = New();
        }
        return host;
    }

    private void KeepLogs()
    {
        var folder = Path.Combine(Run.Artifacts, "logs", TestContext.CurrentContext.Test.Name);
        Directory.CreateDirectory(folder);
        for (var i = 0; i < _all.Count; i++)
            File.WriteAllLines(Path.Combine(folder, $"{i:000}.log"), [.. _all[i].Output, .. _all[i].Errors]);
    }

    private static string NewFolder() => Directory.CreateTempSubdirectory("featureflags-faults-").FullName;

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
