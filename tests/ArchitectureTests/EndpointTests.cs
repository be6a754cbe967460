using FeatureFlags.ArchitectureTests.Violations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.ArchitectureTests;

internal sealed class EndpointTests
{
    private static readonly string[] Open =
    [
        "GET /healthz",
        "GET /readyz",
        "GET /metrics",
        "GET /openapi/v1.json",
        "GET /docs/", // The page for people and what it loads.
        "POST /v1/auth/token",
        "GET /ofrep/v1/events", // A token in the address opens it.
    ];

    [Test]
    public void Every_endpoint_needs_a_scope_or_is_open_on_purpose() =>
        Assert.That(EndpointRules.NotGuarded(RealHost.Endpoints), Is.Empty);

    [Test]
    public async Task An_endpoint_that_forgets_who_may_call_it_is_reported() =>
        Assert.That(
            EndpointRules.NotGuarded(await Violating()),
            Is.EqualTo([
                "GET /says-nothing says neither which scope it needs nor that it needs none",
                "GET /any-caller says neither which scope it needs nor that it needs none",
                "GET /both needs a scope and is open to everyone",
            ])
        );

    [Test]
    public void Only_these_endpoints_are_open_to_everyone() =>
        Assert.That(
            EndpointRules
                .OpenToEveryone(RealHost.Endpoints)
                .Where(endpoint => !Open.Any(agreed => endpoint == agreed || IsBelow(agreed, endpoint))),
            Is.Empty
        );

    [Test]
    public async Task An_endpoint_that_was_opened_is_reported() =>
        Assert.That(EndpointRules.OpenToEveryone(await Violating()), Is.EqualTo(["GET /open", "GET /both"]));

    [Test]
    public void Who_may_call_an_endpoint_follows_from_claims_alone() =>
        Assert.That(EndpointRules.AskingForMoreThanClaims(RealHost.Endpoints), Is.Empty);

    [Test]
    public async Task A_policy_that_looks_at_the_request_is_reported() =>
        Assert.That(
            EndpointRules.AskingForMoreThanClaims(await Violating()),
            Is.EqualTo(["GET /by-request asks for AssertionRequirement, which may look at more than claims"])
        );

    private static bool IsBelow(string folder, string endpoint) =>
        folder.EndsWith('/') && endpoint.StartsWith(folder, StringComparison.Ordinal);

    private static async Task<IReadOnlyList<RouteEndpoint>> Violating()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        new ViolatingModule().MapEndpoints(app);
        return [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints).Cast<RouteEndpoint>()];
    }
}
