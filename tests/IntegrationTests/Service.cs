using System.Data.Common;
using System.Text.Json;
using FeatureFlags.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Respawn;

namespace FeatureFlags.IntegrationTests;

/// <summary>
/// The service as it runs in production: the whole host on a real port, on a database of its own. One host per engine
/// serves all tests; the database is emptied before each. A test that needs other settings starts a host for itself.
/// </summary>
internal sealed class Service : IAsyncDisposable
{
    public const string JwtSecret = "integration-tests-sign-with-this-key-of-64-characters-or-so-0123";

    private static readonly SemaphoreSlim Starting = new(1, 1);
    private static readonly Dictionary<Engine, Service> Shared = [];
    private static int _tenants;

    private readonly HostFactory _factory;
    private readonly string _folder;

    private Service(Engine engine, HostFactory factory, string folder, string dsn)
    {
        Engine = engine;
        Dsn = dsn;
        _factory = factory;
        _folder = folder;
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(factory.ClientOptions.BaseAddress.ToString()),
        };
    }

    public Engine Engine { get; }

    public string Dsn { get; }

    /// <summary>Speaks to the host without token or tenant.</summary>
    public HttpClient Http { get; }

    public IServiceProvider Services => _factory.Services;

    /// <summary>The shared host of an engine, its database empty.</summary>
    public static async Task<Service> On(Engine engine)
    {
        await Starting.WaitAsync();
        try
        {
            if (!Shared.TryGetValue(engine, out var service))
                Shared[engine] = service = await Start(engine);
            await service.Empty();
            return service;
        }
        finally
        {
            Starting.Release();
        }
    }

    /// <summary>A host of the test's own, with these settings, on a new database or on <paramref name="dsn"/>.</summary>
    public static async Task<Service> Start(
        Engine engine,
        Dictionary<string, string>? settings = null,
        string? dsn = null,
        TimeProvider? clock = null
    )
    {
        var folder = Directory.CreateTempSubdirectory("featureflags-").FullName;
        dsn ??= engine switch
        {
            Engine.Postgres => await PostgresServer.Shared.CreateDatabase(),
            _ => $"Data Source={Path.Combine(folder, "featureflags.db")}",
        };
        var factory = new HostFactory(
            new Dictionary<string, string>
            {
                ["DB_DSN"] = dsn,
                ["DATA_DIR"] = folder,
                ["JWT_SECRET"] = JwtSecret,
                ["LOG_LEVEL"] = "Error",
                ["DEMO_SEED"] = "false",
                ["environment"] = "Development",
            },
            settings ?? [],
            clock ?? TimeProvider.System
        );
        factory.UseKestrel(0);
        factory.StartServer();
        var service = new Service(engine, factory, folder, dsn);
        await Eventually.Holds(
            async () => (await service.Http.GetAsync("/readyz")).IsSuccessStatusCode,
            TimeSpan.FromSeconds(60)
        );
        return service;
    }

    /// <summary>A client for a tenant that no other test has.</summary>
    public async Task<TenantClient> Tenant(string name, string environment = "production", params string[] scopes)
    {
        var tenant = $"{name}-{Interlocked.Increment(ref _tenants)}";
        return new TenantClient(this, tenant, environment, await Token("tester", scopes, tenant));
    }

    /// <inheritdoc cref="StubIssuer.StubToken"/>
    public Task<string> Token(string subject, string[]? scopes = null, params string[] tenants) =>
        Http.StubToken(subject, scopes, tenants);

    /// <summary>A body: JSON text, an object to write as JSON, or content that is sent as it is.</summary>
    public static HttpContent Json(object body) =>
        body as HttpContent
        ?? new StringContent(body as string ?? JsonSerializer.Serialize(body), null, "application/json");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _factory.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    internal static async Task StopShared()
    {
        foreach (var service in Shared.Values)
            await service.DisposeAsync();
        Shared.Clear();
    }

    public DbConnection Connect() => Engine == Engine.Postgres ? new NpgsqlConnection(Dsn) : new SqliteConnection(Dsn);

    private async Task Empty()
    {
        await using var connection = Connect();
        await connection.OpenAsync();
        var respawner = await Respawner.CreateAsync(
            connection,
            new RespawnerOptions
            {
                DbAdapter = Engine == Engine.Postgres ? DbAdapter.Postgres : DbAdapter.Sqlite,
                TablesToIgnore = ["__EFMigrationsHistory", "__EFMigrationsLock"],
            }
        );
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await respawner.ResetAsync(connection);
                return;
            }
            catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.DeadlockDetected && attempt < 5)
            {
                // What the host reads in the background it locks in an order of its own.
            }
        }
    }

    private sealed class HostFactory(
        Dictionary<string, string> defaults,
        Dictionary<string, string> settings,
        TimeProvider clock
    ) : WebApplicationFactory<Program>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            foreach (var (name, value) in defaults.Concat(settings))
                builder.UseSetting(name, value);
            builder.ConfigureServices(services => services.AddSingleton(clock));
        }
    }
}
