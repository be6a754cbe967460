using FeatureFlags.BuildingBlocks.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.ArchitectureTests;

/// <summary>Who may call what is said at each endpoint, one way or the other.</summary>
internal static class EndpointRules
{
    public static IReadOnlyList<string> NotGuarded(IReadOnlyCollection<RouteEndpoint> endpoints) =>
        Findings.In(
            endpoints,
            endpoint =>
                (IsAnonymous(endpoint), NeedsScope(endpoint)) switch
                {
                    (false, false) => [$"{Name(endpoint)} says neither which scope it needs nor that it needs none"],
                    (true, true) => [$"{Name(endpoint)} needs a scope and is open to everyone"],
                    _ => [],
                }
        );

    public static IReadOnlyList<string> OpenToEveryone(IReadOnlyCollection<RouteEndpoint> endpoints) =>
        Findings.In(endpoints, endpoint => IsAnonymous(endpoint) ? [Name(endpoint)] : []);

    /// <summary>Whom authorization let in once is let in again without asking: adr/0011.</summary>
    public static IReadOnlyList<string> AskingForMoreThanClaims(IReadOnlyCollection<RouteEndpoint> endpoints) =>
        Findings.In(
            endpoints,
            endpoint =>
                endpoint
                    .Metadata.GetOrderedMetadata<AuthorizationPolicy>()
                    .SelectMany(policy => policy.Requirements)
                    .Where(asked => asked is not (ScopeRequirement or DenyAnonymousAuthorizationRequirement))
                    .Select(asked =>
                        $"{Name(endpoint)} asks for {asked.GetType().Name}, which may look at more than claims"
                    )
        );

    private static bool IsAnonymous(Endpoint endpoint) => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;

    private static bool NeedsScope(Endpoint endpoint) =>
        endpoint
            .Metadata.GetOrderedMetadata<AuthorizationPolicy>()
            .SelectMany(policy => policy.Requirements.OfType<ScopeRequirement>())
            .Any(requirement => requirement.Scopes.Length > 0);

    private static string Name(RouteEndpoint endpoint) =>
        $"{string.Join('|', endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["*"])} {endpoint.RoutePattern.RawText}";
}
