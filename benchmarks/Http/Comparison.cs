using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace FeatureFlags.Benchmarks.Http;

/// <summary>
/// The service as it runs in production (token, tenant, logs and metrics on, rules from SQLite) against the bare web
/// server. Both stay up; load goes to one after the other, round by round, so that whatever else the machine does
/// meets all of them.
/// </summary>
internal static class Comparison
{
    private const string Tenant = "acme";
    private const string AdminId = "benchmark";
    private const int Flags = 100;
    private const string Switch = "switch";

    // Tier 1 comes in the background, a call count and a quiet moment later.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);
    private const int WarmUps = 3;
    private static readonly TimeSpan Stretch = TimeSpan.FromSeconds(1);

    private const string User = """
        {"id":"user-8f3a2c71","attributes":{"country":"CA","plan":"pro","age":42,"app_version":"3.14.1","beta":true}}
        """;

    private static readonly string[] RuleFlags = [.. Enumerable.Range(1, Flags - 1).Select(i => $"rollout-{i:D3}")];

    public static async Task<int> Run(int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("featureflags-benchmark-");
        try
        {
            await Run(rounds, folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        return 0;
    }

    private static async Task Run(int rounds, string folder)
    {
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        using var bare = await ServerProcess.Start("FeatureFlags.Http.dll", [BareServer.Argument]);
        using var host = await ServerProcess.Start(
            "FeatureFlags.Host.dll",
            [],
            ("ASPNETCORE_ENVIRONMENT", "Production"),
            ("ASPNETCORE_URLS", ServerProcess.AnyPort),
            ("DATA_DIR", folder),
            ("JWT_SECRET", secret),
            ("ADMIN_CLIENT_ID", AdminId),
            ("ADMIN_CLIENT_SECRET", secret)
        );
        var token = await SetUp(host, secret);
        string[] ours = [$"Authorization: Bearer {token}", $"X-Tenant-ID: {Tenant}"];
        var one = $$"""{"flag_key":"{{RuleFlags[0]}}","user":{{User}}}""";

        var baseline = new Subject("bare Kestrel", bare, Post("/v1/evaluate", [], one));
        Subject[] subjects =
        [
            new(
                "evaluate, on/off",
                host,
                Post("/v1/evaluate", ours, $$"""{"flag_key":"{{Switch}}","user":{{User}}}""")
            ),
            new("evaluate, rule", host, Post("/v1/evaluate", ours, one)),
            new($"batch of {Flags}", host, Post("/v1/evaluate/batch", ours, $$"""{"user":{{User}}}""")),
            new($"batch of {Flags} by key", host, Post("/v1/evaluate/batch", ours, ByKey())),
        ];

        Subject[] all = [baseline, .. subjects];
        for (var i = 0; i < WarmUps; i++)
        {
            foreach (var subject in all)
                subject.Load.Run(WarmUp);
        }

        for (var round = 1; round <= rounds; round++)
        {
            var bareTime = baseline.Measure(against: null);
            foreach (var subject in subjects)
                subject.Measure(against: bareTime);
            Console.WriteLine(
                $"{round, 2}: {string.Join("  ", all.Select(s => $"{s.Name} {s.Times[^1].Microseconds:F1} µs"))}"
            );
        }

        Console.WriteLine();
        Console.WriteLine(
            $"| {rounds} rounds, medians | requests/s | µs of processor time | times bare | least | most |"
        );
        Console.WriteLine("|---|---:|---:|---:|---:|---:|");
        foreach (var subject in all)
            Console.WriteLine(
                $"| {subject.Name} | {Median(subject.Times.Select(t => t.PerSecond)):N0} "
                    + $"| {Median(subject.Times.Select(t => t.Microseconds)):F1} | {Median(subject.Ratios):F2} "
                    + $"| {subject.Ratios.Min():F2} | {subject.Ratios.Max():F2} |"
            );
        Console.WriteLine();
        Console.WriteLine(
            $"Resident memory at its peak: bare {bare.PeakMegabytes:F0} MB, service {host.PeakMegabytes:F0} MB."
        );
    }

    /// <returns>A token that may evaluate and nothing else.</returns>
    private static async Task<string> SetUp(ServerProcess host, string secret)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://{host.Address}") };
        http.DefaultRequestHeaders.Add("X-Tenant-ID", Tenant);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await Token("admin"));

        await Create(Flag(Switch, "[]"));
        const string Rules = """
            [{"id":"ca","order":1,"rollout":{"distribution":[{"variant":"off","weight":1},{"variant":"on","weight":1}]},
              "when":{"attr":{"country":"CA","plan":["pro","team"],"age":{"gte":18}},"percentage":90}}]
            """;
        foreach (var key in RuleFlags)
            await Create(Flag(key, Rules));
        return await Token("evaluate");

        async Task<string> Token(string scope)
        {
            while ((await http.GetAsync("/readyz")).StatusCode != System.Net.HttpStatusCode.OK)
                await Task.Delay(50);
            var answer = await http.PostAsJsonAsync(
                "/v1/auth/token",
                new
                {
                    grant_type = "client_credentials",
                    client_id = AdminId,
                    client_secret = secret,
                    scope,
                }
            );
            return (await answer.Content.ReadFromJsonAsync<JsonNode>())!["access_token"]!.GetValue<string>();
        }

        async Task Create(string flag)
        {
            using var body = new StringContent(flag, Encoding.UTF8, "application/json");
            (await http.PostAsync("/v1/flags", body)).EnsureSuccessStatusCode();
        }
    }

    private static string Flag(string key, string rules) =>
        $$"""
            {"key":"{{key}}","state":"on","rules":{{rules}},
             "variants":[{"key":"on","weight":1,"value":true},{"key":"off","weight":0,"value":false}]}
            """;

    private static string ByKey()
    {
        var keys = string.Join(',', RuleFlags.Append(Switch).Select(key => $"\"{key}\""));
        return $$"""{"user":{{User}},"flag_keys":[{{keys}}]}""";
    }

    private static byte[] Post(string path, string[] headers, string body) =>
        Encoding.UTF8.GetBytes(
            string.Join(
                "\r\n",
                [
                    $"POST {path} HTTP/1.1",
                    "Host: localhost",
                    "Content-Type: application/json",
                    $"Content-Length: {Encoding.UTF8.GetByteCount(body)}",
                    .. headers,
                    "",
                    body,
                ]
            )
        );

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    /// <summary>A request to one of the servers, and what it cost in each round.</summary>
    private sealed class Subject(string name, ServerProcess server, byte[] request)
    {
        public string Name => name;

        public Load Load { get; } = new(server, request);

        public List<Measured> Times { get; } = [];

        public List<double> Ratios { get; } = [];

        /// <returns>Microseconds of processor time per request.</returns>
        public double Measure(double? against)
        {
            var time = Load.Run(Stretch);
            Times.Add(time);
            Ratios.Add(time.Microseconds / (against ?? time.Microseconds));
            return time.Microseconds;
        }
    }
}
