using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Tokens;
using FeatureFlags.BuildingBlocks;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace FeatureFlags.Access.Http;

/// <summary>
/// Between authentication and authorization: settles who calls and for which tenant and environment. Whatever
/// authenticated the caller, it left the claims of <see cref="TokenClaims"/>.
/// </summary>
internal sealed class TenancyMiddleware(RequestDelegate next, SigningKeys keys)
{
    public const string TenantHeader = "X-Tenant-ID";
    public const string EnvironmentHeader = "X-Environment";

    public async Task InvokeAsync(HttpContext context, CallContext call)
    {
        if (context.IsProtected())
        {
            if (!keys.AreLoaded)
                throw new UnavailableException("The service is starting: its signing key is not loaded yet.");
            if (context.User.Identity is not { IsAuthenticated: true, Name: { } subject })
                throw await Unauthenticated(context);

            var tenant =
                Name(context, TenantHeader)
                ?? throw new BadRequestException($"{TenantHeader} is missing: it names the tenant.");
            if (!Grant.Of(context.User).Allows(tenant))
                throw new ForbiddenException($"The token is not for tenant '{tenant}'.");
            var environment = Name(context, EnvironmentHeader) ?? Scope.DefaultEnvironment;

            call.Enter(new Scope(tenant, environment), subject, context.TraceIdentifier);
        }
        await next(context);
    }

    private static string? Name(HttpContext context, string header)
    {
        var values = context.Request.Headers[header];
        if (values.Count == 0)
            return null;
        return values is [{ } name] && Scope.IsName(name)
            ? name
            : throw new BadRequestException($"{header} must be one name of {Scope.NameForm}.");
    }

    private static async Task<UnauthenticatedException> Unauthenticated(HttpContext context)
    {
        // Not a second look: authentication keeps its answer for the request.
        var outcome = await context.AuthenticateAsync();
        return outcome.Failure is null
            ? new UnauthenticatedException("Send a token: Authorization: Bearer …")
            : new UnauthenticatedException(
                "The token is not one this service issued, or it has expired.",
                "Bearer error=\"invalid_token\""
            );
    }
}
