using System.Reflection;
using FeatureFlags.BuildingBlocks.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.IntegrationTests;

/// <summary>A route as the running service has it, so that a test over all routes covers the next one by itself.</summary>
/// <param name="Scopes">What a token needs, all of it.</param>
internal sealed record Route(
    HttpMethod Method,
    string Template,
    bool IsAnonymous,
    IReadOnlyList<string> Scopes,
    bool TakesJson
)
{
    public const string IssueToken = "POST /v1/auth/token";
    public const string RotateApiKey = "POST /v1/admin/api-keys/{id}/rotate";

    /// <summary>As in the documentation: <c>GET /v1/flags/{key}</c>.</summary>
    public string Name => $"{Method} {Template}";

    /// <summary>Whether it is about one thing that is there, named in the path.</summary>
    public bool IsAboutOne => Template.Contains('{', StringComparison.Ordinal);

    /// <summary>What comes before the name of the one thing.</summary>
    public string Collection => Template.Split("/{")[0];

    public static IReadOnlyList<Route> AllOf(Service service) =>
        [
            .. service
                .Services.GetRequiredService<EndpointDataSource>()
                .Endpoints.OfType<RouteEndpoint>()
                .SelectMany(Of)
                .OrderBy(r => r.Template, StringComparer.Ordinal)
                .ThenBy(r => r.Method.Method, StringComparer.Ordinal),
        ];

    public static IReadOnlyList<Route> ProtectedOf(Service service) =>
        [.. AllOf(service).Where(route => !route.IsAnonymous)];

    /// <summary>The path with the name of one thing in it.</summary>
    public string PathTo(string id) =>
        IsAboutOne ? $"{Collection}/{id}{Template[(Template.IndexOf('}', StringComparison.Ordinal) + 1)..]}" : Template;

    /// <summary>The media type that its errors have.</summary>
    public string ErrorType => IsOfrep ? "application/json" : "application/problem+json";

    public bool IsOfrep => Template.StartsWith("/ofrep/", StringComparison.Ordinal);

    public override string ToString() => Name;

    private static IEnumerable<Route> Of(RouteEndpoint endpoint)
    {
        var metadata = endpoint.Metadata;
        var scopes = metadata
            .GetOrderedMetadata<AuthorizationPolicy>()
            .SelectMany(policy => policy.Requirements.OfType<ScopeRequirement>())
            .SelectMany(requirement => requirement.Scopes)
            .Distinct()
            .ToList();
        foreach (var method in metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"])
        {
            var route = new Route(
                new HttpMethod(method),
                // A parameter that takes the rest of the path is one like any other to whoever calls.
                $"/{endpoint.RoutePattern.RawText?.Trim('/').Replace("{**", "{", StringComparison.Ordinal)}",
                metadata.GetMetadata<IAllowAnonymous>() is not null,
                scopes,
                TakesJson: metadata.GetMetadata<BodyDescription>() is not null
            );
            // The one route whose body may be left out, and so is no parameter.
            yield return route.Name == IssueToken ? route with { TakesJson = true } : route;
        }
    }
}
