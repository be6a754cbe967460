using System.Text.Json;
using FeatureFlags.Access.Tokens;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace FeatureFlags.Access.Features;

/// <param name="ExpiresIn">Seconds.</param>
internal sealed record TokenResponse(string AccessToken, string TokenType, int ExpiresIn)
{
    public static TokenResponse Of(string token) => new(token, "bearer", (int)TokenIssuer.Lifetime.TotalSeconds);
}

/// <summary>One address for both issuers: credentials, wherever they are sent, are never taken for a stub's body.</summary>
internal static class TokenEndpoint
{
    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost(
                "/v1/auth/token",
                async (HttpContext context, AccessSettings settings, ISender sender) =>
                {
                    var message = await Read(context, settings.StubIssuer);
                    var token = await sender.Send(message, context.RequestAborted);
                    // RFC 6749, section 5.1: a token must not stay in a cache.
                    context.Response.Headers.CacheControl = "no-store";
                    return TypedResults.Ok(token);
                }
            )
            .WithTags("Access")
            .WithSummary("Issue a token, for a client's credentials or, in Development, for the asking")
            .AllowAnonymous();

    private static async Task<IMessage<TokenResponse>> Read(HttpContext context, bool stubIssuer)
    {
        var request = context.Request;
        if (IsForm(request))
        {
            var form = await ReadForm(request, context.RequestAborted);
            if (IssueClientToken.Query.IsIn(form))
                return IssueClientToken.Query.Read(form);
            throw NoCredentials();
        }

        var body = HasBody(context) ? await JsonBody.Read(request, context.RequestAborted) : null;
        if (body is not null && IssueClientToken.Query.IsIn(body.Root))
            return IssueClientToken.Query.Read(body.Root);
        return stubIssuer ? IssueStubToken.Query.Read(body) : throw NoCredentials();
    }

    private static bool HasBody(HttpContext context) =>
        context.Request.ContentLength != 0
        && context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false };

    private static bool IsForm(HttpRequest request) =>
        request.ContentLength != 0
        && MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);

    /// <summary>The form's fields as a JSON object, those without a value left out (RFC 6749, section 3.2).</summary>
    private static async Task<JsonElement> ReadForm(HttpRequest request, CancellationToken ct)
    {
        IFormCollection form;
        try
        {
            form = await request.ReadFormAsync(ct);
        }
        catch (InvalidDataException error)
        {
            throw new BadRequestException($"The form can't be read: {error.Message}");
        }
        if (form.FirstOrDefault(field => field.Value.Count > 1) is { Key: { } repeated })
            throw new BadRequestException($"'{repeated}' must be given once.");
        return ApiJson.ToElement(
            form.Where(field => field.Value is not [""])
                .ToDictionary(field => field.Key, field => field.Value.ToString())
        );
    }

    private static UnauthenticatedException NoCredentials() =>
        new("Send a client's credentials: grant_type=client_credentials, client_id and client_secret.");
}
