using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureFlags.BuildingBlocks.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using DefaultScope = FeatureFlags.BuildingBlocks.Scope;

namespace FeatureFlags.Host.Http.OpenApi;

/// <summary>What operations share: who may call, the headers, the problems; and the schemas written by hand.</summary>
internal sealed class SharedComponents(IEnumerable<SchemaComponent> schemas) : IOpenApiDocumentTransformer
{
    public const string Bearer = "bearer";
    public const string ApiKey = "api_key";
    public const string Tenant = "Tenant";
    public const string Environment = "Environment";
    public const string IfMatch = "IfMatch";
    public const string IfNoneMatch = "IfNoneMatch";
    public const string ETag = "ETag";

    private const string NamePattern = "^[a-z0-9][a-z0-9_-]{0,62}$";

    /// <summary>The name of the response that is the problem of this status.</summary>
    public static string ProblemOf(int status) =>
        string.Concat(
            ProblemKind.Of(status).Title.Split(' ').Select(word => $"{char.ToUpperInvariant(word[0])}{word[1..]}")
        );

    public async Task TransformAsync(
        OpenApiDocument document,
        OpenApiDocumentTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        document.Info = new OpenApiInfo
        {
            Title = "FeatureFlags",
            Version = "v1",
            Description = Description(),
        };
        document.Servers = [new OpenApiServer { Url = "/" }];

        document.AddComponent(
            nameof(Problem),
            await context.GetOrCreateSchemaAsync(typeof(Problem), null, cancellationToken)
        );
        JsonSchemas.PutHandWritten(document, schemas);
        AddSecurity(document);
        AddParameters(document);
        var answered = document.Paths.Values.SelectMany(p => p.Operations!.Values).SelectMany(o => o.Responses!.Keys);
        foreach (var kind in ProblemKind.All.Where(k => answered.Contains($"{k.Status}")))
            document.AddComponent<IOpenApiResponse>(ProblemOf(kind.Status), ResponseOf(kind, document));
    }

    private static string Description() =>
        $"""
            Feature flags and segments of many tenants, their evaluation, and the audit of every change.

            Every answer carries `X-Request-ID`: the one sent (1 to 128 visible ASCII characters), or a new one.

            ## Problems

            Every error is an RFC 9457 document, `{Problem.MediaType}`. Its `type` never changes:

            | status | type | meaning |
            |---|---|---|
            {string.Join('\n', ProblemKind.All.Select(k => $"| {k.Status} | `{k.Type}` | {k.Detail} |"))}
            """;

    private static void AddSecurity(OpenApiDocument document)
    {
        document.AddComponent<IOpenApiSecurityScheme>(
            Bearer,
            new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                BearerFormat = "JWT",
                Description = "A token of `POST /v1/auth/token`, or an API key.",
            }
        );
        document.AddComponent<IOpenApiSecurityScheme>(
            ApiKey,
            new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = "X-API-Key",
                Description = "An API key, which belongs to one tenant and environment: their headers may be left out.",
            }
        );
    }

    private static void AddParameters(OpenApiDocument document)
    {
        AddHeader(document, Tenant, "X-Tenant-ID", "The tenant to work for.", NameSchema(), required: true);
        AddHeader(
            document,
            Environment,
            "X-Environment",
            $"The tenant's environment; `{DefaultScope.DefaultEnvironment}` when left out.",
            NameSchema(DefaultScope.DefaultEnvironment)
        );
        AddHeader(
            document,
            IfMatch,
            "If-Match",
            "Only if the version is still this one: `\"3\"`, or `*` for any.",
            Text()
        );
        AddHeader(
            document,
            IfNoneMatch,
            "If-None-Match",
            "Only if there is no such version; on writes `*`: only if it does not exist yet.",
            Text()
        );
        document.AddComponent<IOpenApiHeader>(
            ETag,
            new OpenApiHeader
            {
                Description = "The entity's version, for `If-Match` and `If-None-Match`.",
                Schema = Text(),
                Example = JsonValue.Create("\"3\""),
            }
        );
    }

    private static void AddHeader(
        OpenApiDocument document,
        string component,
        string name,
        string description,
        OpenApiSchema schema,
        bool required = false
    ) =>
        document.AddComponent<IOpenApiParameter>(
            component,
            new OpenApiParameter
            {
                Name = name,
                In = ParameterLocation.Header,
                Required = required,
                Description = description,
                Schema = schema,
            }
        );

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };

    private static OpenApiSchema NameSchema(string? fallback = null) =>
        new()
        {
            Type = JsonSchemaType.String,
            Pattern = NamePattern,
            Default = fallback is null ? null : JsonValue.Create(fallback),
        };

    private static OpenApiResponse ResponseOf(ProblemKind kind, OpenApiDocument document)
    {
        var errors = kind.Status is 400 or 422 ? new Dictionary<string, string[]> { ["field"] = ["is wrong"] } : null;
        var example = new Problem(
            kind.Type,
            kind.Title,
            kind.Status,
            kind.Detail,
            "4bf92f3577b34da6a3ce929d0e0e4736",
            errors
        );
        var response = new OpenApiResponse
        {
            Description = kind.Detail,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                [Problem.MediaType] = new()
                {
                    Schema = new OpenApiSchemaReference(nameof(Problem), document),
                    Example = JsonSerializer.SerializeToNode(example, ApiJson.Options),
                },
            },
        };
        (string Name, string Description)? header = kind.Status switch
        {
            401 => ("WWW-Authenticate", "`Bearer`"),
            429 or 503 => ("Retry-After", "After how many seconds to try again."),
            _ => null,
        };
        if (header is var (name, description))
            response.Headers = new Dictionary<string, IOpenApiHeader>
            {
                [name] = new OpenApiHeader { Description = description, Schema = Text() },
            };
        return response;
    }
}
