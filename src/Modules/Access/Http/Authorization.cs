using FeatureFlags.Access.Domain;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;

namespace FeatureFlags.Access.Http;

internal sealed class ScopeHandler : AuthorizationHandler<ScopeRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, ScopeRequirement requirement)
    {
        if (requirement.Scopes.All(Grant.Of(context.User).Includes))
            context.Succeed(requirement);
        return Task.CompletedTask;
    }
}

/// <summary>Says why a request was refused, in the way every other refusal is said.</summary>
internal sealed class Refusals : IAuthorizationMiddlewareResultHandler
{
    public const string WhatToSend =
        $"Send a token or an API key: Authorization: Bearer …, or an API key as {SentKey.Header}: …";

    public Task HandleAsync(
        RequestDelegate next,
        HttpContext context,
        AuthorizationPolicy policy,
        PolicyAuthorizationResult authorizeResult
    )
    {
        // The fallback policy speaks even where nothing was matched: that goes on to its 404.
        if (authorizeResult.Succeeded || !context.IsProtected())
            return next(context);
        if (authorizeResult.Challenged)
            throw new UnauthenticatedException(WhatToSend);

        var grant = Grant.Of(context.User);
        var missing = policy
            .Requirements.OfType<ScopeRequirement>()
            .SelectMany(requirement => requirement.Scopes)
            .Where(scope => !grant.Includes(scope))
            .Distinct();
        throw new ForbiddenException($"The token or key lacks the scope: {string.Join(", ", missing)}.");
    }
}
