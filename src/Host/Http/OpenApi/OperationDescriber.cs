using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureFlags.BuildingBlocks.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace FeatureFlags.Host.Http.OpenApi;

/// <summary>Adds to each operation what follows from its metadata and from what its handler binds.</summary>
internal sealed class OperationDescriber : IOpenApiOperationTransformer
{
    public Task TransformAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        var route = Route.Of(context);
        operation.OperationId ??= route.UseCase;
        operation.Parameters ??= [];
        operation.Responses ??= [];

        DescribeAccess(operation, route, context.Document!);
        DescribeQuery(operation, route, context.Document!);
        DescribePreconditions(operation, route, context.Document!);
        DescribeExamples(operation, route);
        DescribeProblems(operation, route, context.Document!);
        return Task.CompletedTask;
    }

    private static void DescribeAccess(OpenApiOperation operation, Route route, OpenApiDocument document)
    {
        if (!route.IsProtected)
        {
            operation.Security = [];
            return;
        }
        // 3.1 lets schemes other than OAuth's list the roles that are needed. No API key has scope admin.
        string[] schemes = route.Scopes.Contains(BuildingBlocks.Http.Scopes.Admin)
            ? [SharedComponents.Bearer]
            : [SharedComponents.Bearer, SharedComponents.ApiKey];
        operation.Security =
        [
            .. schemes.Select(scheme => new OpenApiSecurityRequirement
            {
                [new OpenApiSecuritySchemeReference(scheme, document)] = [.. route.Scopes],
            }),
        ];
        var scopes = string.Join(", ", route.Scopes.Select(s => $"`{s}`"));
        if (scopes.Length > 0)
            operation.Description = $"{operation.Description}\n\nNeeds {scopes}.".Trim();
        operation.Parameters!.Add(new OpenApiParameterReference(SharedComponents.Tenant, document));
        operation.Parameters.Add(new OpenApiParameterReference(SharedComponents.Environment, document));
    }

    private static void DescribeQuery(OpenApiOperation operation, Route route, OpenApiDocument document)
    {
        foreach (var parameter in route.Query)
        {
            operation.Parameters!.Add(
                new OpenApiParameter
                {
                    Name = parameter.Name,
                    In = ParameterLocation.Query,
                    Description = parameter.Description,
                    Schema = JsonSchemas.Parse(parameter.Schema, document),
                }
            );
        }
    }

    private static void DescribePreconditions(OpenApiOperation operation, Route route, OpenApiDocument document)
    {
        if (!route.Binds<Preconditions>())
            return;

        if (!route.IsRead)
            operation.Parameters!.Add(new OpenApiParameterReference(SharedComponents.IfMatch, document));
        operation.Parameters!.Add(new OpenApiParameterReference(SharedComponents.IfNoneMatch, document));
        if (route.IsRead)
            operation.Responses!.TryAdd(
                "304",
                new OpenApiResponse { Description = "The caller has this version already." }
            );
        foreach (var (status, answer) in operation.Responses!)
        {
            if (status is "200" or "201" && answer is OpenApiResponse { } described)
            {
                described.Headers ??= new Dictionary<string, IOpenApiHeader>();
                described.Headers["ETag"] = new OpenApiHeaderReference(SharedComponents.ETag, document);
            }
        }
    }

    private static void DescribeExamples(OpenApiOperation operation, Route route)
    {
        if (route.Body is { } body)
            AddExample(operation.RequestBody?.Content, body.Example);
        foreach (var example in route.AnswerExamples)
            AddExample(operation.Responses!.GetValueOrDefault($"{example.Status}")?.Content, example.Example);
    }

    private static void AddExample(IDictionary<string, OpenApiMediaType>? content, JsonNode example)
    {
        foreach (var media in content?.Values ?? [])
            media.Example = example;
    }

    private static void DescribeProblems(OpenApiOperation operation, Route route, OpenApiDocument document)
    {
        if (route.HasErrorsOfItsOwn)
            return;

        // A route names those that can't be derived, in the framework's shape of a problem.
        var named = operation.Responses!.Where(r => r.Value.Content?.ContainsKey(Problem.MediaType) is true);
        var statuses = named.Select(r => int.Parse(r.Key, CultureInfo.InvariantCulture)).Union(route.Problems());
        foreach (var status in statuses.Order().ToList())
            operation.Responses![$"{status}"] = new OpenApiResponseReference(
                SharedComponents.ProblemOf(status),
                document
            );
    }

    /// <summary>What the document needs to know of an endpoint.</summary>
    private sealed record Route(IList<object> Metadata, MethodInfo? Handler, bool IsRead, bool HasKey)
    {
        public static Route Of(OpenApiOperationTransformerContext context)
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            return new Route(
                metadata,
                metadata.OfType<MethodInfo>().FirstOrDefault(),
                context.Description.HttpMethod is "GET" or "HEAD",
                context.Description.RelativePath?.Contains('{', StringComparison.Ordinal) is true
            );
        }

        public bool IsProtected =>
            !Metadata.OfType<IAllowAnonymous>().Any()
            && (Metadata.OfType<AuthorizationPolicy>().Any() || Metadata.OfType<IAuthorizeData>().Any());

        public IReadOnlyList<string> Scopes =>
            [
                .. Metadata
                    .OfType<AuthorizationPolicy>()
                    .SelectMany(policy => policy.Requirements.OfType<ScopeRequirement>())
                    .SelectMany(requirement => requirement.Scopes)
                    .Distinct(),
            ];

        /// <summary>Then it says them itself.</summary>
        public bool HasErrorsOfItsOwn => Metadata.OfType<IErrorBody>().Any();

        public BodyDescription? Body => Metadata.OfType<BodyDescription>().LastOrDefault();

        private bool ReadsBody => Body is not null || Binds<JsonBody>();

        public IEnumerable<AnswerExample> AnswerExamples => Metadata.OfType<AnswerExample>();

        public IEnumerable<QueryParameter> Query => Metadata.OfType<QueryDescription>().SelectMany(q => q.Parameters);

        /// <summary>A handler is a lambda of its use case's class.</summary>
        public string? UseCase
        {
            get
            {
                var type = Handler?.DeclaringType;
                while (type?.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) is true)
                    type = type.DeclaringType;
                return type is null ? null : JsonNamingPolicy.CamelCase.ConvertName(type.Name);
            }
        }

        public bool Binds<T>() => Handler?.GetParameters().Any(p => p.ParameterType == typeof(T)) is true;

        public IEnumerable<int> Problems()
        {
            if (IsProtected || ReadsBody || Query.Any())
                yield return 400;
            if (IsProtected)
            {
                yield return 401;
                yield return 403;
                yield return 429;
                yield return 503;
            }
            if (HasKey)
                yield return 404;
            if (Binds<Preconditions>() && !IsRead)
                yield return 412;
            if (ReadsBody)
            {
                yield return 413;
                yield return 415;
                yield return 422;
            }
        }
    }
}
