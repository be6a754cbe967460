using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureFlags.Access.Domain;
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

/// <summary>
/// What may be sent for a token, the same names in a form: a client's credentials or, where the stub issuer is on,
/// nothing or some of the last three.
/// </summary>
internal sealed record TokenBody
{
    [Description("With credentials."), AllowedValues("client_credentials")]
    public string? GrantType { get; init; }

    public string? ClientId { get; init; }

    public string? ClientSecret { get; init; }

    [Description("Scopes with spaces between them, to have fewer than the client may; more is a 400.")]
    public string? Scope { get; init; }

    [Description("Stub issuer: who acts; dev unless given.")]
    public string? Sub { get; init; }

    [Description("Stub issuer: every scope unless given.")]
    public IReadOnlyList<string>? Scopes { get; init; }

    [Description("Stub issuer: every tenant unless given."), MaxLength(DraftRules.MaxTenants)]
    public IReadOnlyList<string>? Tenants { get; init; }

    public static JsonNode Example =>
        new JsonObject
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = "client_0f3a9c51d27e48b6a1c4",
            ["client_secret"] = "ffsecret_…",
            ["scope"] = "flags:r evaluate",
        };
}

/// <summary>One address for both issuers: credentials, wherever they are sent, are never taken for a stub's body.</summary>
internal static class IssueToken
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
            .Takes<TokenBody>(TokenBody.Example)
            .Gives(TokenResponse.Of("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJkZXYifQ.c2lnbmF0dXJl"))
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
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

        var body = await JsonBody.ReadIfSent(context);
        if (body is not null && IssueClientToken.Query.IsIn(body.Root))
            return IssueClientToken.Query.Read(body.Root);
        return stubIssuer ? IssueStubToken.Query.Read(body) : throw NoCredentials();
    }

    private static bool IsForm(HttpRequest request) =>
        request.ContentLength != 0
        && MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);

    /// <summary>The form's fields as a JSON object, those without a value left out (RFC 6749, section 3.2).</summary>
    private static async Task<JsonElement> ReadForm(HttpRequest request, CancellationToken ct)
    {
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = JsonBody.MaxBytes;
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
