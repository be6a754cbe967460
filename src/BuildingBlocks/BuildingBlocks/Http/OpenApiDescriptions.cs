using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.BuildingBlocks.Http;

/// <summary>
/// What the API's document can't see in a handler's signature, because bodies and queries are read by hand. All else is
/// derived: path and headers, scopes, the problems that follow from them, answers from the handler's return type, and
/// the operation's id from the use case's name. Say <c>ProducesProblem(409)</c> for a problem that can't be derived.
/// Shapes are plain records; <c>[Description]</c> and the data annotations on their properties are taken over.
/// </summary>
public static class OpenApiDescriptions
{
    /// <summary>The endpoint reads a JSON body of this shape.</summary>
    /// <param name="contentType">Its media type.</param>
    /// <remarks>
    /// Not the framework's <c>Accepts</c>: that makes routing refuse other media types before the caller is known.
    /// </remarks>
    public static RouteHandlerBuilder Takes<TBody>(
        this RouteHandlerBuilder endpoint,
        JsonNode example,
        string contentType = "application/json"
    ) => endpoint.WithMetadata(new BodyDescription(typeof(TBody), example, contentType));

    /// <summary>The endpoint reads these query values.</summary>
    public static RouteHandlerBuilder TakesQuery(
        this RouteHandlerBuilder endpoint,
        params QueryParameter[] parameters
    ) => endpoint.WithMetadata(new QueryDescription(parameters));

    /// <summary>The endpoint answers with this status and a shape like the example's.</summary>
    public static RouteHandlerBuilder Gives<TAnswer>(
        this RouteHandlerBuilder endpoint,
        TAnswer example,
        int status = StatusCodes.Status200OK
    ) => endpoint.Gives<TAnswer>(JsonSerializer.SerializeToNode(example, ApiJson.Options)!, status);

    /// <summary>The endpoint answers with this status and shape.</summary>
    public static RouteHandlerBuilder Gives<TAnswer>(
        this RouteHandlerBuilder endpoint,
        JsonNode example,
        int status = StatusCodes.Status200OK
    ) => endpoint.Produces<TAnswer>(status).WithMetadata(new AnswerExample(status, example));

    /// <summary>
    /// Adds a schema written by hand, for shapes that no record can express: <c>#/components/schemas/{name}</c>.
    /// Properties refer to it by <see cref="SchemaAttribute"/>, other schemas by <c>$ref</c>.
    /// </summary>
    /// <param name="schema">JSON Schema 2020-12, made when the document is first asked for.</param>
    public static IServiceCollection AddOpenApiSchema(
        this IServiceCollection services,
        string name,
        Func<JsonNode> schema
    ) => services.AddSingleton(new SchemaComponent(name, schema));
}

/// <summary>The property's shape is the schema that <see cref="OpenApiDescriptions.AddOpenApiSchema"/> added.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SchemaAttribute(string name) : Attribute
{
    public string Name => name;
}

/// <summary>A query value, in the terms of <see cref="QueryReader"/>.</summary>
/// <param name="Schema">JSON Schema 2020-12.</param>
public sealed record QueryParameter(string Name, string Description, JsonObject Schema)
{
    public static QueryParameter PageToken { get; } =
        Text("page_token", "Where to go on: the answer's next_page_token, under the same filters.", 2048);

    public static QueryParameter Limit(int max, int fallback) =>
        Integer("limit", "How many to answer with at most.", 1, max, fallback);

    public static QueryParameter Text(string name, string description, int maxLength = 256) =>
        new(name, description, new JsonObject { ["type"] = "string", ["maxLength"] = maxLength });

    public static QueryParameter Integer(string name, string description, int min, int max, int fallback) =>
        new(
            name,
            description,
            new JsonObject
            {
                ["type"] = "integer",
                ["minimum"] = min,
                ["maximum"] = max,
                ["default"] = fallback,
            }
        );

    public static QueryParameter OneOf(string name, string description, params IEnumerable<string> known) =>
        new(
            name,
            description,
            new JsonObject
            {
                ["type"] = "string",
                ["enum"] = new JsonArray([.. known.Select(k => JsonValue.Create(k))]),
            }
        );

    public static QueryParameter Time(string name, string description) =>
        new(name, description, new JsonObject { ["type"] = "string", ["format"] = "date-time" });
}

/// <summary>Metadata; see <c>Takes</c>.</summary>
public sealed record BodyDescription(Type Type, JsonNode Example, string ContentType);

/// <summary>Metadata; see <c>TakesQuery</c>.</summary>
public sealed record QueryDescription(IReadOnlyList<QueryParameter> Parameters);

/// <summary>Metadata; see <c>Gives</c>.</summary>
public sealed record AnswerExample(int Status, JsonNode Example);

/// <summary>Registered by <see cref="OpenApiDescriptions.AddOpenApiSchema"/>.</summary>
public sealed record SchemaComponent(string Name, Func<JsonNode> Schema);
