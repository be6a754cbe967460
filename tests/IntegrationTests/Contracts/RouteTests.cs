using System.Net;
using System.Text.Json;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Contracts;

internal sealed class RouteTests
{
    [Test]
    public async Task Every_route_with_what_it_asks_of_a_caller()
    {
        var routes = Route.AllOf(await Service.On(Engine.Sqlite));

        var table = routes.Select(r => $"{r.Name}  {(r.IsAnonymous ? "anonymous" : string.Join(' ', r.Scopes))}");

        await Snapshot.Verify(string.Join('\n', table));
    }

    [Test]
    public async Task Nobody_needs_a_token_for_probes_the_token_itself_and_the_documentation_only()
    {
        var anonymous = Route.AllOf(await Service.On(Engine.Sqlite)).Where(r => r.IsAnonymous).Select(r => r.Template);

        foreach (var path in anonymous)
            Assert.That(
                path.Split('/')[1] is "healthz" or "readyz" or "metrics" or "openapi" or "docs"
                    || path == "/v1/auth/token"
                    // Its token stands in the address.
                    || path == "/ofrep/v1/events",
                path
            );
    }

    [Test]
    public async Task The_API_document_is_as_agreed()
    {
        var service = await Service.On(Engine.Sqlite);

        var document = await Answer.Of(await service.Http.GetAsync("/openapi/v1.json"));

        Assert.That(document.Status, Is.EqualTo(HttpStatusCode.OK));
        await Snapshot.VerifyJson(document.Text, Contract.Settings);
    }

    [Test]
    public async Task The_API_document_has_every_route_of_the_API_and_no_other()
    {
        var service = await Service.On(Engine.Sqlite);
        var document = await Answer.Of(await service.Http.GetAsync("/openapi/v1.json"));

        var documented =
            from path in document["paths"].EnumerateObject()
            from operation in path.Value.EnumerateObject()
            where operation.Value.ValueKind == JsonValueKind.Object
            select $"{operation.Name.ToUpperInvariant()} {path.Name}";
        var routes = Route.AllOf(service).Where(r => r.Template.Contains("/v1/", StringComparison.Ordinal));

        Assert.That(
            documented.Where(name => name.Contains("/v1/", StringComparison.Ordinal)),
            Is.EquivalentTo(routes.Select(r => r.Name))
        );
    }
}
