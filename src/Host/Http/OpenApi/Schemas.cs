using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using FeatureFlags.BuildingBlocks.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace FeatureFlags.Host.Http.OpenApi;

/// <summary>What shapes are called in the document.</summary>
internal static class SchemaNames
{
    private static readonly ConcurrentDictionary<string, JsonTypeInfo> Taken = new(StringComparer.Ordinal);

    public static JsonTypeInfo? ShapeOf(string name) => Taken.GetValueOrDefault(name);

    /// <exception cref="InvalidOperationException">Two types would share a name, and silently one shape.</exception>
    public static string? Of(JsonTypeInfo shape)
    {
        var type = Meant(shape);
        // Any JSON at all: a name would say less than nothing.
        if (type == typeof(JsonElement) || OpenApiOptions.CreateDefaultSchemaReferenceId(shape) is not { } name)
            return null;
        // A use case nests its shapes: UpsertFlag.Body is UpsertFlagBody.
        if (type is { IsNested: true, DeclaringType: { } useCase })
            name = useCase.Name + name;
        var owner = Meant(Taken.GetOrAdd(name, shape));
        return owner == type
            ? name
            : throw new InvalidOperationException($"{owner} and {type} are both '{name}' in the API's document.");
    }

    private static Type Meant(JsonTypeInfo shape) => Nullable.GetUnderlyingType(shape.Type) ?? shape.Type;
}

/// <summary>Times are written by a converter of ours, which tells the framework nothing of their form.</summary>
internal sealed class TimeSchemas : IOpenApiSchemaTransformer
{
    public Task TransformAsync(
        OpenApiSchema schema,
        OpenApiSchemaTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        var type = context.JsonTypeInfo.Type;
        if (Nullable.GetUnderlyingType(type) is { } value && value == typeof(DateTimeOffset))
            schema.Type = JsonSchemaType.String | JsonSchemaType.Null;
        else if (type == typeof(DateTimeOffset))
            schema.Type = JsonSchemaType.String;

        return Task.CompletedTask;
    }
}

/// <summary>A member that is left out where it would be null is required of no answer, whatever its constructor says.</summary>
internal sealed class OptionalMembers : IOpenApiSchemaTransformer
{
    public Task TransformAsync(
        OpenApiSchema schema,
        OpenApiSchemaTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        foreach (var property in context.JsonTypeInfo.Properties)
        {
            var ignored = property.AttributeProvider?.GetCustomAttributes(typeof(JsonIgnoreAttribute), inherit: false);
            if (ignored is [JsonIgnoreAttribute { Condition: JsonIgnoreCondition.WhenWritingNull }])
                schema.Required?.Remove(property.Name);
        }
        return Task.CompletedTask;
    }
}

internal static class JsonSchemas
{
    /// <summary>
    /// Puts schemas written by hand where <see cref="SchemaAttribute"/> asks for them. Not while the framework makes
    /// schemas: it follows every reference, and these may go in circles.
    /// </summary>
    public static void PutHandWritten(OpenApiDocument document, IEnumerable<SchemaComponent> handWritten)
    {
        foreach (var (name, schema) in document.Components!.Schemas!)
        {
            foreach (var property in SchemaNames.ShapeOf(name)?.Properties ?? [])
            {
                var asked = property.AttributeProvider?.GetCustomAttributes(typeof(SchemaAttribute), inherit: false);
                if (asked is [SchemaAttribute attribute])
                    schema.Properties![property.Name] = new OpenApiSchemaReference(attribute.Name, document);
            }
        }
        foreach (var schema in handWritten)
            document.AddComponent(schema.Name, Parse(schema.Schema(), document));
    }

    public static OpenApiSchema Parse(JsonNode schema, OpenApiDocument document)
    {
        var parsed = OpenApiModelFactory.Parse<OpenApiSchema>(
            schema.ToJsonString(),
            OpenApiSpecVersion.OpenApi3_1,
            document,
            out var found
        );
        return parsed is not null && found.Errors.Count == 0
            ? parsed
            : throw new InvalidOperationException($"Not a JSON schema: {string.Join(" ", found.Errors)}");
    }
}
