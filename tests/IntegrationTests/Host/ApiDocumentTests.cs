using System.Net;
using System.Text.Json.Nodes;
using FeatureFlags.BuildingBlocks.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.IntegrationTests.Host;

internal sealed class ApiDocumentTests
{
    private sealed record Body(string Key, [property: Schema("Shape")] JsonNode? Shape = null);

    // A shape of shapes, as conditions are.
    private const string Shape = """
        { "type": "object", "minProperties": 1,
          "properties": { "all": { "type": "array", "items": { "$ref": "#/components/schemas/Shape" } } } }
        """;

    private static async Task<Answer> Document(Action<RouteHandlerBuilder>? describe = null)
    {
        await using var host = await EdgeHost.With(
            routes =>
            {
                var route = routes
                    .MapPut(
                        "/things/{key}",
                        (string key, JsonBody body, Preconditions conditions) => TypedResults.Ok(key)
                    )
                    .RequireScope(Scopes.FlagsWrite)
                    .Takes<Body>(new JsonObject { ["key"] = "a" })
                    .TakesQuery(QueryParameter.Integer("depth", "How deep.", 1, 9, fallback: 3));
                describe?.Invoke(route);
            },
            services => services.AddOpenApiSchema("Shape", () => JsonNode.Parse(Shape)!)
        );
        return await host.Get("/openapi/v1.json");
    }

    private static JsonNode Put(Answer document)
    {
        Assert.That(document.Status, Is.EqualTo(HttpStatusCode.OK), document.Text);
        return JsonNode.Parse(document.Text)!["paths"]!["/things/{key}"]!["put"]!;
    }

    [Test]
    public async Task What_a_handler_reads_by_hand_is_in_the_document()
    {
        var put = Put(await Document());

        var media = put["requestBody"]!["content"]!["application/json"]!;
        Assert.That(media["schema"]!["$ref"]!.GetValue<string>(), Does.EndWith("/ApiDocumentTestsBody"));
        Assert.That(media["example"]!["key"]!.GetValue<string>(), Is.EqualTo("a"));
        var depth = put["parameters"]!.AsArray().Single(p => p!["name"]?.GetValue<string>() == "depth")!;
        Assert.That(depth["in"]!.GetValue<string>(), Is.EqualTo("query"));
        Assert.That(depth["schema"]!["maximum"]!.GetValue<int>(), Is.EqualTo(9));
    }

    [Test]
    public async Task A_property_can_have_a_schema_that_was_written_by_hand()
    {
        var schemas = JsonNode.Parse((await Document()).Text)!["components"]!["schemas"]!;

        var shape = schemas["ApiDocumentTestsBody"]!["properties"]!["shape"]!;
        Assert.That(shape["$ref"]?.GetValue<string>(), Is.EqualTo("#/components/schemas/Shape"));
        var nested = schemas["Shape"]!["properties"]!["all"]!["items"]!;
        Assert.That(nested["$ref"]!.GetValue<string>(), Is.EqualTo("#/components/schemas/Shape"));
        Assert.That(schemas["Shape"]!["minProperties"]!.GetValue<int>(), Is.EqualTo(1));
    }

    [Test]
    public async Task What_a_route_says_it_gives_counts_more_than_its_handlers_type()
    {
        var put = Put(await Document(route => route.Gives(new Body("a"))));

        var media = put["responses"]!["200"]!["content"]!["application/json"]!;
        Assert.That(media["schema"]!["$ref"]!.GetValue<string>(), Does.EndWith("/ApiDocumentTestsBody"));
        Assert.That(media["example"]!["key"]!.GetValue<string>(), Is.EqualTo("a"));
    }

    [Test]
    public async Task Access_headers_and_problems_follow_from_what_the_endpoint_is()
    {
        var put = Put(await Document(route => route.ProducesProblem(409)));

        Assert.That(
            put["parameters"]!.AsArray().Select(p => p!["$ref"]?.GetValue<string>().Split('/')[^1]),
            Is.SupersetOf(new[] { "Tenant", "Environment", "IfMatch", "IfNoneMatch" })
        );
        Assert.That(
            put["responses"]!.AsObject().Select(r => r.Key),
            Is.EquivalentTo("200 400 401 403 404 409 412 413 415 422 429 503".Split(' '))
        );
        Assert.That(put["security"]![0]!["bearer"]![0]!.GetValue<string>(), Is.EqualTo(Scopes.FlagsWrite));
    }

    [Test]
    public async Task Every_operation_of_the_service_has_a_name_of_its_own_and_every_reference_leads_somewhere()
    {
        var service = await Service.On(Engine.Sqlite);
        var text = await service.Http.GetStringAsync("/openapi/v1.json");
        var document = JsonNode.Parse(text)!;

        Assert.That(document["openapi"]!.GetValue<string>(), Does.StartWith("3.1"));
        var operations = document["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject()).ToList();
        Assert.That(operations.Select(o => o.Value!["operationId"]?.GetValue<string>()), Is.Unique.And.All.Not.Null);
        Assert.That(operations.Select(o => o.Value!["summary"]?.GetValue<string>()), Is.All.Not.Null);
        foreach (var reference in References(document).Distinct())
            Assert.That(Find(document, reference), Is.Not.Null, reference);
    }

    [Test]
    public async Task The_page_for_people_asks_no_other_host()
    {
        var service = await Service.On(Engine.Sqlite);

        var page = await service.Http.GetStringAsync("/docs/");

        Assert.That(page, Does.Not.Contain("http://").And.Not.Contain("https://").And.Not.Contain("//cdn"));
        Assert.That((await service.Http.GetAsync("/docs/scalar.js")).IsSuccessStatusCode);
    }

    private static IEnumerable<string> References(JsonNode? node) =>
        node switch
        {
            JsonObject o => o.SelectMany(m =>
                m is { Key: "$ref", Value: JsonValue target } ? [target.GetValue<string>()] : References(m.Value)
            ),
            JsonArray a => a.SelectMany(References),
            _ => [],
        };

    private static JsonNode? Find(JsonNode document, string reference) =>
        reference.Split('/')[1..].Aggregate<string, JsonNode?>(document, (at, name) => at?[name]);
}
