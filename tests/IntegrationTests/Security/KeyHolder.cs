namespace FeatureFlags.IntegrationTests.Security;

/// <summary>Speaks to a host with an API key, and with no more than is said.</summary>
/// <param name="Id">Under which an administrator knows it.</param>
internal sealed record KeyHolder(HttpClient Http, string Id, string Key)
{
    public (string Name, string Value) Bearer => ("Authorization", $"Bearer {Key}");

    public (string Name, string Value) OwnHeader => ("X-API-Key", Key);

    public KeyHolder At(HttpClient otherHost) => this with { Http = otherHost };

    /// <summary>Sends the key in its own header, and these besides.</summary>
    public Task<Answer> Evaluate(string flagKey, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Post, "/v1/evaluate", Evaluation(flagKey), [OwnHeader, .. headers]);

    /// <summary>Sends nothing but these headers.</summary>
    public async Task<Answer> Send(
        HttpMethod method,
        string path,
        object? body,
        params (string Name, string Value)[] headers
    )
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        if (body is not null)
            request.Content = Service.Json(body);
        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        // A stream that lets us in has no end to read to.
        return response.Content.Headers.ContentType?.MediaType == "text/event-stream"
            ? new Answer(response.StatusCode, "", response.Headers, response.Content.Headers)
            : await Answer.Of(response);
    }

    public static object Evaluation(string flagKey) => new { flag_key = flagKey, user = new { id = "u" } };
}

internal static class KeyHolders
{
    public const string Keys = "/v1/admin/api-keys";

    extension(TenantClient tenant)
    {
        public Task<Answer> PostKey(object body) => tenant.Send(HttpMethod.Post, Keys, body);

        public Task<Answer> PatchKey(KeyHolder key, object patch) =>
            tenant.Send(HttpMethod.Patch, $"{Keys}/{key.Id}", patch);

        public Task<Answer> RevokeKey(KeyHolder key) => tenant.Send(HttpMethod.Delete, $"{Keys}/{key.Id}");

        /// <param name="overlap">In seconds; null for what is the rule.</param>
        /// <returns>The holder of the new text.</returns>
        public async Task<KeyHolder> RotateKey(KeyHolder key, int? overlap = null)
        {
            var body = overlap is null ? null : new { overlap_seconds = overlap };
            var answer = await tenant.Send(HttpMethod.Post, $"{Keys}/{key.Id}/rotate", body);
            Assert.That((int)answer.Status, Is.EqualTo(200), answer.ToString());
            return key with { Key = answer.At("key")! };
        }

        public Task<KeyHolder> ServerKey(HttpClient http, params string[] scopes) =>
            tenant.NewKey(
                http,
                scopes is []
                    ? new { name = "Server", kind = "server" }
                    : new
                    {
                        name = "Server",
                        kind = "server",
                        scopes,
                    }
            );

        public Task<KeyHolder> ClientKey(HttpClient http, params string[] origins) =>
            tenant.NewKey(
                http,
                new
                {
                    name = "Browser",
                    kind = "client",
                    allowed_origins = origins,
                }
            );

        public async Task<KeyHolder> NewKey(HttpClient http, object body)
        {
            var answer = await tenant.PostKey(body);
            Assert.That((int)answer.Status, Is.EqualTo(201), answer.ToString());
            return new KeyHolder(http, answer.At("id")!, answer.At("key")!);
        }
    }
}
