using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FeatureFlags.BuildingBlocks.Outbox;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.Benchmarks.Refresh;

/// <summary>The whole host, asked over HTTP, with a clock on either side of what follows its commits.</summary>
internal sealed class Node : IAsyncDisposable
{
    private readonly Factory _factory;
    private readonly HttpClient _http;
    private readonly List<TimeSpan> _answered = [];

    private Node(Factory factory)
    {
        _factory = factory;
        factory.UseKestrel(0);
        factory.StartServer();
        _http = new HttpClient { BaseAddress = new Uri(factory.ClientOptions.BaseAddress.ToString()) };
    }

    /// <summary>From the return of the commit to the new rules being in place, for each change.</summary>
    public IReadOnlyList<TimeSpan> InForce => _factory.Followed;

    /// <summary>From the request to its answer, for each change.</summary>
    public IReadOnlyList<TimeSpan> Answered => _answered;

    public static async Task<Node> Start(string dsn, string folder)
    {
        var node = new Node(new Factory(dsn, folder));
        while (!(await node._http.GetAsync("/readyz")).IsSuccessStatusCode)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        var token = await node.Send(HttpMethod.Post, "/v1/auth/token", null, new JsonObject());
        var bearer = token["access_token"]!.GetValue<string>();
        node._http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        return node;
    }

    public async Task<TimeSpan> Evaluate(string tenant, string flag)
    {
        var body = new JsonObject
        {
            ["flag_key"] = flag,
            ["user"] = new JsonObject { ["id"] = "user-1" },
        };
        var watch = Stopwatch.StartNew();
        await Send(HttpMethod.Post, "/v1/evaluate", tenant, body);
        return watch.Elapsed;
    }

    public Task Write(string tenant, string path, JsonObject body) => Send(HttpMethod.Post, path, tenant, body);

    /// <summary>Switches a flag off and on again.</summary>
    public Task Toggle(string flag, int turn) =>
        Change($"/v1/flags/{flag}", new JsonObject { ["state"] = turn % 2 == 0 ? "off" : "on" });

    /// <summary>Adds some ids to the big segment that no one else has.</summary>
    public Task Move(int ids, int turn)
    {
        var added = Enumerable.Range(0, ids).Select(i => (JsonNode)$"new-{ids}-{turn}-{i}");
        var removed = Enumerable.Range(0, ids).Select(i => (JsonNode)$"new-{ids}-{turn - 1}-{i}");
        return Change(
            $"/v1/segments/{Tenant.Segment}/members",
            new JsonObject
            {
                ["list"] = "included",
                ["add"] = new JsonArray([.. added]),
                ["remove"] = new JsonArray([.. removed]),
            }
        );
    }

    public void Forget()
    {
        _answered.Clear();
        _factory.Followed.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _factory.DisposeAsync();
        SqliteConnection.ClearAllPools();
    }

    private async Task Change(string path, JsonObject patch)
    {
        var watch = Stopwatch.StartNew();
        await Send(HttpMethod.Patch, path, Tenant.Name, patch);
        _answered.Add(watch.Elapsed);
    }

    private async Task<JsonNode> Send(HttpMethod method, string path, string? tenant, JsonObject body)
    {
        var type =
            method == HttpMethod.Patch && !path.EndsWith("/members", StringComparison.Ordinal)
                ? "application/merge-patch+json"
                : "application/json";
        using var request = new HttpRequestMessage(method, path)
        {
            Content = new StringContent(body.ToJsonString(), null, type),
        };
        if (tenant is not null)
            request.Headers.Add("X-Tenant-ID", tenant);
        using var response = await _http.SendAsync(request);
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"{method} {path}: {await response.Content.ReadAsStringAsync()}");
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!;
    }

    private sealed class Factory(string dsn, string folder) : WebApplicationFactory<Program>
    {
        private long _committed;

        public List<TimeSpan> Followed { get; } = [];

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseContentRoot(AppContext.BaseDirectory);
            builder.UseSetting("DB_DSN", dsn);
            builder.UseSetting("DATA_DIR", folder);
            builder.UseSetting("DEMO_SEED", "false");
            builder.UseSetting("LOG_LEVEL", "Error");
            builder.UseSetting("environment", "Development");
            // Followers are told one after another as soon as the commit is through: one before all, one after all.
            // Nothing else writes, and the poll has nothing new to tell.
            var first = new Clocked(() => _committed = Stopwatch.GetTimestamp());
            var last = new Clocked(() => Followed.Add(Stopwatch.GetElapsedTime(_committed)));
            builder.ConfigureServices(services =>
                services.Insert(0, ServiceDescriptor.Singleton<IScopeFollower>(first))
            );
            builder.ConfigureServices(services => services.AddSingleton<IScopeFollower>(last));
        }
    }

    private sealed class Clocked(Action told) : IScopeFollower
    {
        private ScopeHead _head;

        public Task Follow(ScopeHead head, CancellationToken ct)
        {
            // The poll tells it again.
            if (head != _head)
                told();
            _head = head;
            return Task.CompletedTask;
        }
    }
}
