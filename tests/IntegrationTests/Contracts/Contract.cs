using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Contracts;

/// <summary>Examples of answers by name, written down as the clients of the service rely on them.</summary>
internal sealed class Contract
{
    private const RegexOptions Linear = RegexOptions.NonBacktracking;

    private static readonly string[] Headers =
    [
        "Content-Type",
        "Location",
        "ETag",
        "Link",
        "Allow",
        "Cache-Control",
        "Retry-After",
        "WWW-Authenticate",
        "X-Request-ID",
    ];

    // Without a number: two times may or may not fall into the same millisecond.
    private static readonly Regex Times = new(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", Linear);

    private readonly JsonObject _examples = [];

    /// <summary>Both engines answer the same, so they share a snapshot.</summary>
    public static SnapshotSettings Settings { get; } =
        SnapshotSettings
            .Default.IgnoreParameters("engine")
            .Scrub("Hex", new Regex(@"\b[0-9a-f]{32}\b", Linear))
            .Scrub("EventId", new Regex(@"\b01[0-9A-HJKMNP-TV-Z]{24}\b", Linear))
            .Scrub("ClientId", new Regex(@"\bclient_[0-9a-f]{20}\b", Linear))
            .Scrub("KeyId", new Regex(@"\bkey_[0-9a-f]{20}\b", Linear))
            .Scrub("Key", new Regex(@"\bff_(server|client)_[\w-]{43}", Linear))
            .Scrub("WebhookId", new Regex(@"\bwebhook_[0-9a-f]{20}\b", Linear))
            .Scrub("Secret", new Regex(@"\bwhsec_[0-9A-Za-z+/]{43}=", Linear))
            .Scrub("ClientSecret", new Regex(@"\bffsecret_[\w-]+", Linear))
            .Scrub("Token", new Regex(@"\beyJ[\w.-]+", Linear))
            .Scrub("PageToken", new Regex(@"\bWyJ[\w-]+", Linear))
            .Scrub("Address", new Regex(@"http://127\.0\.0\.1:\d+", Linear));

    /// <summary>A tenant of this name, and no other: buckets are drawn by it, so it is a part of what is agreed.</summary>
    public static async Task<TenantClient> Tenant(Service service, string name) =>
        new(service.Http, name, "production", await service.Token("tester"));

    public async Task<Answer> Add(string name, Task<Answer> asking)
    {
        var answer = await asking;
        Add(name, answer);
        return answer;
    }

    public void Add(string name, Answer answer)
    {
        var headers = new JsonObject();
        foreach (var header in Headers)
        {
            if ((Values(answer.Headers, header) ?? Values(answer.ContentHeaders, header)) is { } values)
                headers[header] = string.Join(", ", values);
        }
        _examples[name] = new JsonObject
        {
            ["status"] = (int)answer.Status,
            ["headers"] = headers,
            ["body"] = answer.Text.Length == 0 ? null : JsonNode.Parse(answer.Text),
        };
    }

    public void Add(string name, JsonNode example) => _examples[name] = example;

    public Task Verify([CallerFilePath] string sourceFile = "") =>
        Snapshot.VerifyJson(Times.Replace(_examples.ToJsonString(), "TIME"), Settings, sourceFile);

    private static IEnumerable<string>? Values(HttpHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values : null;
}
