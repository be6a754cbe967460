using System.Net.Mime;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Rules;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace FeatureFlags.Host.Http.OpenApi;

/// <summary>The API's OpenAPI 3.1 document at <c>/openapi/v1.json</c>, and a page for people at <c>/docs</c>.</summary>
internal static class ApiDocument
{
    private const string Name = "v1";

    public static void AddApiDocument(this IServiceCollection services)
    {
        services.AddOpenApi(
            Name,
            options =>
            {
                options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
                options.CreateSchemaReferenceId = SchemaNames.Of;
                options.AddSchemaTransformer<TimeSchemas>();
                options.AddSchemaTransformer<OptionalMembers>();
                options.AddOperationTransformer<OperationDescriber>();
                options.AddDocumentTransformer<SharedComponents>();
            }
        );
        services.AddOpenApiSchema(ConditionSchema.ConditionName, ConditionSchema.Condition);
        services.AddOpenApiSchema(ConditionSchema.MatcherName, ConditionSchema.Matcher);
        services.TryAddEnumerable(ServiceDescriptor.Transient<IApiDescriptionProvider, BodyDescriptions>());
        services.AddSingleton<RenderedDocument>();
    }

    public static void MapApiDocument(this IEndpointRouteBuilder routes)
    {
        routes
            .MapGet(
                $"/openapi/{Name}.json",
                async (RenderedDocument document) =>
                    TypedResults.Bytes(await document.Json, MediaTypeNames.Application.Json)
            )
            .AllowAnonymous()
            .ExcludeFromDescription();
        routes
            .MapScalarApiReference(
                "/docs",
                page =>
                {
                    page.Title = "FeatureFlags API";
                    page.AddDocument(Name);
                    // Nothing comes from, or goes to, another host.
                    page.DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp();
                }
            )
            .AllowAnonymous()
            .ExcludeFromDescription();
    }

    /// <summary>Made once, when first asked for: routes don't change, and making it anew costs milliseconds.</summary>
    private sealed class RenderedDocument([FromKeyedServices(Name)] IOpenApiDocumentProvider document)
    {
        private readonly Lazy<Task<byte[]>> _json = new(() => Render(document));

        public Task<byte[]> Json => _json.Value;

        private static async Task<byte[]> Render(IOpenApiDocumentProvider provider)
        {
            var document = await provider.GetOpenApiDocumentAsync();
            using var bytes = new MemoryStream();
            await document.SerializeAsJsonAsync(bytes, OpenApiSpecVersion.OpenApi3_1);
            return bytes.ToArray();
        }
    }
}
