using FeatureFlags.Access.Keys;
using FeatureFlags.Access.Tokens;
using FeatureFlags.BuildingBlocks;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace FeatureFlags.Access.Http;

/// <summary>
/// Settles who calls, for which tenant and environment, and whether they may. The framework's authentication and
/// authorization decide, API keys aside, which it does not know (adr/0017); what was decided for a credential is
/// remembered and not asked again (adr/0011).
/// </summary>
internal sealed class CallerMiddleware
{
    public const string TenantHeader = "X-Tenant-ID";
    public const string EnvironmentHeader = "X-Environment";

    private const string InvalidToken = "Bearer error=\"invalid_token\"";

    private readonly RequestDelegate _next;
    private readonly AuthorizationMiddleware _authorization;
    private readonly SigningKeys _keys;
    private readonly KnownTokens _known;
    private readonly KnownKeys _knownKeys;

    public CallerMiddleware(
        RequestDelegate next,
        IAuthorizationPolicyProvider policies,
        IServiceProvider services,
        ILogger<AuthorizationMiddleware> log,
        SigningKeys keys,
        KnownTokens known,
        KnownKeys knownKeys
    )
    {
        _next = next;
        _authorization = new AuthorizationMiddleware(Admit, policies, services, log);
        _keys = keys;
        _known = known;
        _knownKeys = knownKeys;
    }

    public Task InvokeAsync(HttpContext context, CallContext call)
    {
        if (!context.IsProtected())
            return _next(context);
        var headers = context.Request.Headers;
        if (SentKey.In(headers) is { } key)
            return LetIn(context, call, key);
        if (headers.Authorization is not [{ } credentials] || _known.Find(credentials) is not { } caller)
            return Meet(context, call);

        return LetIn(context, call, caller);
    }

    private Task LetIn(HttpContext context, CallContext call, KnownCaller caller)
    {
        Enter(context, call, caller);
        return caller.WasAdmittedTo(context.GetEndpoint()!) ? _next(context) : Authorize(context, caller);
    }

    private async Task LetIn(HttpContext context, CallContext call, string key)
    {
        var caller =
            await _knownKeys.Find(key, context.RequestAborted)
            ?? throw new UnauthenticatedException("The API key is unknown, revoked or expired.", InvalidToken);
        await LetIn(context, call, caller);
    }

    /// <summary>A caller who is not known yet, or nobody.</summary>
    private async Task Meet(HttpContext context, CallContext call)
    {
        if (!_keys.AreLoaded)
            throw new UnavailableException("The service is starting: its signing key is not loaded yet.");

        var key = _keys.Current;
        var outcome = await context.AuthenticateAsync();
        if (outcome is not { Principal: { Identity.IsAuthenticated: true } user, Properties.ExpiresUtc: { } expires })
            throw Unauthenticated(outcome);

        var caller = KnownCaller.Of(user, expires);
        if (context.Request.Headers.Authorization is [{ } credentials])
            _known.Remember(credentials, caller, key);
        await LetIn(context, call, caller);
    }

    private static void Enter(HttpContext context, CallContext call, KnownCaller caller)
    {
        context.User = caller.User;
        var tenant =
            Name(context, TenantHeader)
            ?? caller.Bounds?.Scope.Tenant
            ?? throw new BadRequestException($"{TenantHeader} is missing: it names the tenant.");
        if (!caller.Grant.Allows(tenant))
            throw new ForbiddenException($"The token or key is not for tenant '{tenant}'.");
        var environment =
            Name(context, EnvironmentHeader) ?? caller.Bounds?.Scope.Environment ?? Scope.DefaultEnvironment;

        var scope = new Scope(tenant, environment);
        if (caller.Bounds is { } bounds)
        {
            bounds.Require(scope, context.Request.Headers.Origin);
            call.ComeByKey(bounds.NoteUse, bounds.Revoked);
        }
        call.Enter(scope, caller.Subject, context.TraceIdentifier, caller.Expires);
    }

    private Task Authorize(HttpContext context, KnownCaller caller)
    {
        context.Features.Set(caller);
        return _authorization.Invoke(context);
    }

    private Task Admit(HttpContext context)
    {
        context.Features.GetRequiredFeature<KnownCaller>().Admit(context.GetEndpoint()!);
        return _next(context);
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

    private static UnauthenticatedException Unauthenticated(AuthenticateResult outcome) =>
        outcome.Failure is null
            ? new UnauthenticatedException(Refusals.WhatToSend)
            : new UnauthenticatedException(
                "The token is not one this service issued, or it has expired.",
                InvalidToken
            );
}
