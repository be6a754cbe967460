using System.Text;
using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Host.Http;
using FeatureFlags.Host.Http.OpenApi;
using FeatureFlags.Host.Observability;
using FeatureFlags.Host.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.IntegrationTests.Host;

/// <summary>The host's HTTP edge alone, around endpoints of a test's own; its log is kept.</summary>
internal sealed class EdgeHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly MemoryStream _log;

    private EdgeHost(WebApplication app, MemoryStream log)
    {
        _app = app;
        _log = log;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public HttpClient Http { get; }

    public static async Task<EdgeHost> With(
        Action<IEndpointRouteBuilder> endpoints,
        Action<IServiceCollection>? services = null
    )
    {
        var builder = WebApplication.CreateBuilder();
        var log = new MemoryStream();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        builder.Services.AddJsonLogs(builder.Configuration, log);
        builder.AddHttpEdge();
        builder.Services.AddApiDocument();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IDatabaseEngine, SqliteEngine>();
        builder.Services.AddSingleton(Reached());
        builder.Services.AddScoped<CallContext>();
        services?.Invoke(builder.Services);

        var app = builder.Build();
        app.UseHttpEdge();
        app.MapApiDocument();
        endpoints(app);
        await app.StartAsync();
        return new EdgeHost(app, log);
    }

    private static DatabaseStatus Reached()
    {
        var database = new DatabaseStatus();
        database.SetReady();
        return database;
    }

    public async Task<Answer> Get(string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Answer.Of(await Http.SendAsync(request));
    }

    /// <summary>Stops the host, which writes what it had yet to write, and reads its requests' log lines.</summary>
    public async Task<IReadOnlyList<JsonElement>> RequestLines()
    {
        await DisposeAsync();
        return
        [
            .. Encoding
                .UTF8.GetString(_log.ToArray())
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonDocument.Parse(line).RootElement)
                .Where(line => line.GetProperty("status").ValueKind == JsonValueKind.Number),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        // Shown with a test that fails.
        await TestContext.Out.WriteAsync(Encoding.UTF8.GetString(_log.ToArray()));
    }
}
