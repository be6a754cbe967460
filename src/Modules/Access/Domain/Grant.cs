using System.Security.Claims;
using FeatureFlags.Access.Tokens;
using FeatureFlags.BuildingBlocks;

namespace FeatureFlags.Access.Domain;

/// <summary>What a token or an API client may do, and for which tenants.</summary>
internal sealed record Grant(IReadOnlyList<string> Scopes, IReadOnlyList<string> Tenants)
{
    public const string EveryTenant = "*";

    /// <summary>The grant that the caller's token carries.</summary>
    public static Grant Of(ClaimsPrincipal user) =>
        new(
            [.. user.FindAll(TokenClaims.Scopes).Select(c => c.Value)],
            [.. user.FindAll(TokenClaims.Tenants).Select(c => c.Value)]
        );

    public bool Allows(string tenant) => Tenants.Contains(EveryTenant) || Tenants.Contains(tenant);

    public bool Includes(string scope) =>
        Scopes.Any(granted => BuildingBlocks.Http.Scopes.Includes(granted, needed: scope));

    /// <summary>Whether who holds this grant could do everything that <paramref name="other"/> allows.</summary>
    public bool Covers(Grant other) => other.Scopes.All(Includes) && other.Tenants.All(Allows);

    /// <exception cref="ForbiddenException"><paramref name="other"/> allows something that this does not.</exception>
    public void RequireCovers(Grant other)
    {
        if (Covers(other))
            return;

        var lacking = other.Scopes.Where(s => !Includes(s)).Concat(other.Tenants.Where(t => !Allows(t)));
        throw new ForbiddenException($"Nobody can grant what they lack: {string.Join(", ", lacking)}.");
    }

    /// <summary>A tenant's name, or <c>*</c> for every tenant.</summary>
    public static bool IsTenant(string? text) => text == EveryTenant || Scope.IsName(text);
}
