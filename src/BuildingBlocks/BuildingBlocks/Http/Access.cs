using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;

namespace FeatureFlags.BuildingBlocks.Http;

/// <summary>What a token may do. <c>x:rw</c> includes <c>x:r</c>; <c>admin</c> includes all.</summary>
public static class Scopes
{
    public const string FlagsRead = "flags:r";
    public const string FlagsWrite = "flags:rw";
    public const string SegmentsRead = "segments:r";
    public const string SegmentsWrite = "segments:rw";
    public const string Evaluate = "evaluate";
    public const string AuditRead = "audit:r";
    public const string EventsRead = "events:r";
    public const string WebhooksRead = "webhooks:r";
    public const string WebhooksWrite = "webhooks:rw";
    public const string Admin = "admin";

    public static readonly IReadOnlyList<string> All =
    [
        FlagsRead,
        FlagsWrite,
        SegmentsRead,
        SegmentsWrite,
        Evaluate,
        AuditRead,
        EventsRead,
        WebhooksRead,
        WebhooksWrite,
        Admin,
    ];

    /// <summary>Whether having <paramref name="granted"/> allows what needs <paramref name="needed"/>.</summary>
    public static bool Includes(string granted, string needed) =>
        granted == needed
        || granted == Admin
        || (needed.EndsWith(":r", StringComparison.Ordinal) && granted == needed + "w");
}

/// <summary>Met by a caller whose token includes every one of the scopes.</summary>
public sealed record ScopeRequirement(params string[] Scopes) : IAuthorizationRequirement;

public static class AccessConventions
{
    /// <summary>Lets in callers whose token includes every one of the scopes, for the tenant they name.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder endpoint, params string[] scopes)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.RequireAuthorization(policy =>
            policy.RequireAuthenticatedUser().AddRequirements(new ScopeRequirement(scopes))
        );
}
