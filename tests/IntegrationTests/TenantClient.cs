using System.Net.Http.Headers;
using System.Text.Json;
using FeatureFlags.IntegrationTests.ChangeFeed;

namespace FeatureFlags.IntegrationTests;

/// <summary>Speaks to the service for one tenant and environment, in the words of the domain.</summary>
internal sealed class TenantClient(
    HttpClient http,
    string tenant,
    string environment,
    string token,
    Service? service = null
)
{
    public TenantClient(Service service, string tenant, string environment, string token)
        : this(service.Http, tenant, environment, token, service) { }

    public string Tenant => tenant;

    public string Token => token;

    /// <summary>Of the host it speaks to.</summary>
    public Uri Address => http.BaseAddress!;

    /// <summary>The service it speaks to, where that runs in this process.</summary>
    public Service Service => service ?? throw new InvalidOperationException("The host is a process of its own.");

    public TenantClient In(string otherEnvironment) => new(http, tenant, otherEnvironment, token, service);

    /// <summary>The same caller at another host.</summary>
    public TenantClient At(HttpClient otherHost) => new(otherHost, tenant, environment, token);

    public async Task<TenantClient> As(string actor, params string[] scopes) =>
        new(http, tenant, environment, await http.StubToken(actor, scopes, tenant), service);

    public Task<Answer> PostFlag(object flag, string? ifMatch = null) =>
        Send(HttpMethod.Post, "/v1/flags", flag, ifMatch);

    public Task<Answer> PutFlag(string key, object flag, string? ifMatch = null) =>
        Send(HttpMethod.Put, $"/v1/flags/{key}", flag, ifMatch);

    public Task<Answer> PatchFlag(string key, object patch, string? ifMatch = null) =>
        Send(HttpMethod.Patch, $"/v1/flags/{key}", patch, ifMatch);

    public Task<Answer> GetFlag(string key) => Get($"/v1/flags/{key}");

    public Task<Answer> DeleteFlag(string key, string? ifMatch = null) =>
        Send(HttpMethod.Delete, $"/v1/flags/{key}", ifMatch: ifMatch);

    public Task<Answer> PostSegment(object segment) => Send(HttpMethod.Post, "/v1/segments", segment);

    public Task<Answer> Evaluate(string flagKey, string userId, object? attributes = null) =>
        Send(HttpMethod.Post, "/v1/evaluate", Request(flagKey, userId, attributes));

    public Task<Answer> Preview(string flagKey, string userId, object? attributes = null) =>
        Send(HttpMethod.Post, "/v1/evaluate/preview", Request(flagKey, userId, attributes));

    public Task<Answer> Batch(object request) => Send(HttpMethod.Post, "/v1/evaluate/batch", request);

    /// <summary>Asks for a flag as OpenFeature's providers do.</summary>
    public Task<Answer> Ofrep(string flagKey, object context) =>
        Send(HttpMethod.Post, $"/ofrep/v1/evaluate/flags/{flagKey}", new { context });

    /// <summary>Asks for every flag as OpenFeature's providers do.</summary>
    public Task<Answer> OfrepAll(object context, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Post, "/ofrep/v1/evaluate/flags", new { context }, headers: headers);

    public async Task<string?> VariantOf(string flagKey, string userId, object? attributes = null) =>
        (await Evaluate(flagKey, userId, attributes)).At("variant");

    public Task<Answer> Audit(string query = "") => Get($"/v1/audit{query}");

    public Task<EventReader> Events(string query = "") =>
        EventReader.Open(http, Request(HttpMethod.Get, $"/v1/events{query}"));

    public Task<Answer> SdkRules(params (string Name, string Value)[] headers) => Get("/v1/sdk/rules", headers);

    public Task<EventReader> SdkStream(string? cursor = null)
    {
        var request = Request(HttpMethod.Get, "/v1/sdk/stream");
        if (cursor is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", cursor);
        return EventReader.Open(http, request);
    }

    public Task<Answer> Get(string path, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Get, path, headers: headers);

    public async Task<Answer> Send(
        HttpMethod method,
        string path,
        object? body = null,
        string? ifMatch = null,
        params (string Name, string Value)[] headers
    )
    {
        using var request = Request(method, path);
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        if (body is not null)
            request.Content = Service.Json(body);
        return await Answer.Of(await http.SendAsync(request));
    }

    /// <summary>For what no other method says.</summary>
    public HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Add("X-Tenant-ID", tenant);
        request.Headers.Add("X-Environment", environment);
        return request;
    }

    private static object Request(string flagKey, string userId, object? attributes) =>
        new { flag_key = flagKey, user = new { id = userId, attributes = attributes ?? new { } } };
}

internal static class StubIssuer
{
    /// <summary>A token of the stub issuer. No scopes, or no tenants: all of them.</summary>
    public static async Task<string> StubToken(
        this HttpClient http,
        string subject,
        string[]? scopes = null,
        params string[] tenants
    )
    {
        var request = new Dictionary<string, object> { ["sub"] = subject };
        if (scopes is { Length: > 0 })
            request["scopes"] = scopes;
        if (tenants is { Length: > 0 })
            request["tenants"] = tenants;
        var answer = await Answer.Of(await http.PostAsync("/v1/auth/token", Service.Json(request)));
        return answer.Json.GetProperty("access_token").GetString()!;
    }
}
