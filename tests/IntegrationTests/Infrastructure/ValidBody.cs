namespace FeatureFlags.IntegrationTests;

/// <summary>A body that is right for each route that takes one, so that what is refused is refused for its one fault.</summary>
internal static class ValidBody
{
    private static readonly Dictionary<string, Func<string, object>> ByRoute = new()
    {
        [Route.IssueToken] = _ => new { },
        ["POST /v1/flags"] = key => Sample.Flag(key),
        ["PUT /v1/flags/{key}"] = key => Sample.Flag(key),
        ["PATCH /v1/flags/{key}"] = _ => new { state = "off" },
        ["POST /v1/segments"] = key => new { key },
        ["PUT /v1/segments/{key}"] = key => new { key },
        ["PATCH /v1/segments/{key}"] = _ => new { name = "Renamed" },
        ["PATCH /v1/segments/{key}/members"] = _ => new { list = "included", add = new[] { "added" } },
        ["POST /v1/evaluate"] = key => new { flag_key = key, user = new { id = "u" } },
        ["POST /v1/evaluate/batch"] = _ => new { user = new { id = "u" } },
        ["POST /v1/evaluate/preview"] = key => new { flag_key = key, user = new { id = "u" } },
        ["POST /ofrep/v1/evaluate/flags"] = _ => new { context = new { targetingKey = "u" } },
        ["POST /ofrep/v1/evaluate/flags/{key}"] = _ => new { context = new { targetingKey = "u" } },
        ["POST /v1/admin/clients"] = key => new { name = key, scopes = new[] { "evaluate" } },
        ["PUT /v1/admin/clients/{id}"] = key => new { name = key, scopes = new[] { "evaluate" } },
        ["PATCH /v1/admin/clients/{id}"] = _ => new { name = "Renamed" },
        ["POST /v1/admin/api-keys"] = key => new { name = key, kind = "client" },
        ["PATCH /v1/admin/api-keys/{id}"] = _ => new { name = "Renamed" },
        [Route.RotateApiKey] = _ => new { overlap_seconds = 60 },
        ["POST /v1/webhooks"] = key => new { url = $"https://{key}.example.invalid", active = false },
        ["PUT /v1/webhooks/{id}"] = _ => new { url = "https://example.invalid", active = false },
        ["PATCH /v1/webhooks/{id}"] = _ => new { active = false },
    };

    /// <param name="key">The key of what the body is about, where it names one.</param>
    /// <returns>Null where the route takes none.</returns>
    public static object? For(Route route, string key)
    {
        if (!route.TakesJson)
            return null;
        if (ByRoute.TryGetValue(route.Name, out var body))
            return body(key);
        throw new AssertionException(
            $"{route} is new: say in {nameof(ValidBody)} what it takes, so that the tests over all routes cover it."
        );
    }
}
