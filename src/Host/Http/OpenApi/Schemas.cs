using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using FeatureFlags.BuildingBlocks.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace FeatureFlags.Host.Http.OpenApi;

/// <summary>What shapes are called in the document.</summary>
internal static class SchemaNames
{
    private static readonly ConcurrentDictionary<string, Type> Taken = new(StringComparer.Ordinal);

    /// <exception cref="InvalidOperationException">Two types would share a name, and silently one shape.</exception>
    public static string? Of(JsonTypeInfo shape)
    {
        if (OpenApiOptions.CreateDefaultSchemaReferenceId(shape) is not { } name)
            return null;
        // A use case nests its shapes: UpsertFlag.Body is UpsertFlagBody.
        if (shape.Type is { IsNested: true, DeclaringType: { } useCase })
            name = useCase.Name + name;
        var owner = Taken.GetOrAdd(name, shape.Type);
        return owner == shape.Type
            ? name
            : throw new InvalidOperationException($"{owner} and {shape.Type} are both '{name}' in the API's document.");
    }
}

/// <summary>Says what the framework can't tell: our form of times, and where schemas written by hand belong.</summary>
internal sealed class SchemaDetails : IOpenApiSchemaTransformer
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

        foreach (var property in context.JsonTypeInfo.Properties)
        {
            var asked = property.AttributeProvider?.GetCustomAttributes(typeof(SchemaAttribute), inherit: false);
            if (asked is [SchemaAttribute attribute] && schema.Properties?.ContainsKey(property.Name) is true)
                schema.Properties[property.Name] = new OpenApiSchemaReference(attribute.Name, context.Document);
        }
        return Task.CompletedTask;
    }
}

internal static class JsonSchemas
{
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
