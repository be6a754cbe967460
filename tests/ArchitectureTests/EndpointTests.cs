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
        "* /metrics",
        "POST /v1/auth/token",
        "GET /openapi/{documentName}.json",
        "GET /docs",
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
        Assert.That(EndpointRules.OpenToEveryone(RealHost.Endpoints), Is.SubsetOf(Open));

    [Test]
    public async Task An_endpoint_that_was_opened_is_reported() =>
        Assert.That(EndpointRules.OpenToEveryone(await Violating()), Is.EqualTo(["GET /open", "GET /both"]));

    private static async Task<IReadOnlyList<RouteEndpoint>> Violating()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        new ViolatingModule().MapEndpoints(app);
        return [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints).Cast<RouteEndpoint>()];
    }
}
