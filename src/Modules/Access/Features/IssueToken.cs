using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Http;
using FeatureFlags.Access.Tokens;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.Rules.Json;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.Access.Features;

/// <param name="ExpiresIn">Seconds.</param>
internal sealed record TokenResponse(string AccessToken, string TokenType, int ExpiresIn)
{
    public static TokenResponse Of(string token) => new(token, "bearer", (int)TokenIssuer.Lifetime.TotalSeconds);
}

/// <summary>Gives whoever asks the token they ask for, where the stub issuer is on.</summary>
internal static class IssueStubToken
{
    internal sealed record Query(string Subject, IReadOnlyList<string> Scopes, IReadOnlyList<string> Tenants)
        : IQuery<TokenResponse>
    {
        /// <exception cref="InvalidFieldsException">A member is of the wrong type or unknown.</exception>
        public static Query Read(JsonBody? body)
        {
            var problems = new Problems();
            var members = body is null ? null : JsonObjectReader.Over(body.Root, "", problems);
            var query = new Query(
                members?.Text("sub") ?? "dev",
                members?.Texts("scopes") ?? Grant.Everything.Scopes,
                members?.Texts("tenants") ?? Grant.Everything.Tenants
            );
            members?.RefuseOthers();
            problems.ThrowIfAny();
            return query;
        }
    }

    internal sealed class Validator : AbstractValidator<Query>
    {
        public Validator()
        {
            RuleFor(q => q.Subject)
                .Must(TokenClaims.IsSubject)
                .WithMessage($"must be {TokenClaims.SubjectForm}")
                .OverridePropertyName("sub");
            this.KnownScopes(q => q.Scopes);
            this.TenantNames(q => q.Tenants);
        }
    }

    internal sealed class Handler(TokenIssuer issuer) : IQueryHandler<Query, TokenResponse>
    {
        public Task<TokenResponse> Handle(Query request, CancellationToken cancellationToken) =>
            Task.FromResult(
                TokenResponse.Of(issuer.Issue(request.Subject, new Grant(request.Scopes, request.Tenants)))
            );
    }
}

internal static class TokenEndpoint
{
    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost(
                "/v1/auth/token",
                async (HttpContext context, AccessSettings settings, ISender sender) =>
                {
                    var body = HasBody(context) ? await JsonBody.Read(context.Request, context.RequestAborted) : null;
                    if (!settings.StubIssuer)
                        throw new UnauthenticatedException("Send a client's credentials.");
                    var token = await sender.Send(IssueStubToken.Query.Read(body), context.RequestAborted);
                    // RFC 6749, section 5.1: a token must not stay in a cache.
                    context.Response.Headers.CacheControl = "no-store";
                    return TypedResults.Ok(token);
                }
            )
            .WithTags("Access")
            .WithSummary("Issue a token")
            .AllowAnonymous();

    private static bool HasBody(HttpContext context) =>
        context.Request.ContentLength is not 0
        && context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false };
}
