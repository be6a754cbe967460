using System.Collections.Concurrent;
using System.Security.Claims;
using FeatureFlags.Access.Domain;
using FeatureFlags.BuildingBlocks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace FeatureFlags.Access.Tokens;

/// <summary>
/// What a verified token or an API key came to, so that the next request with it needs neither verifying nor reading.
/// </summary>
/// <param name="User">The caller's claims; not the credential.</param>
/// <param name="Subject">Who calls.</param>
/// <param name="Grant">What the caller may do, and for which tenants.</param>
/// <param name="Expires">From then on the credential is none; null for never.</param>
/// <param name="Bounds">What an API key is bound to; null for a token.</param>
internal sealed record KnownCaller(
    ClaimsPrincipal User,
    string Subject,
    Grant Grant,
    DateTimeOffset? Expires,
    KeyBounds? Bounds = null
)
{
    private readonly ConcurrentDictionary<Endpoint, bool> _admitted = [];

    /// <param name="verified">As the token's verification left it, the token inside.</param>
    /// <param name="expires">When the token does.</param>
    public static KnownCaller Of(ClaimsPrincipal verified, DateTimeOffset expires)
    {
        var claims = verified
            .Claims.Where(c => c.Type is TokenClaims.Subject or TokenClaims.Scopes or TokenClaims.Tenants)
            .Select(c => new Claim(c.Type, c.Value));
        return Of(claims, verified.Identity!.AuthenticationType!, expires, bounds: null);
    }

    public static KnownCaller Of(KeyTerms terms, Action<DateTimeOffset> noteUse, CancellationToken revoked)
    {
        var claims = terms
            .Scopes.Split(' ')
            .Select(scope => new Claim(TokenClaims.Scopes, scope))
            .Append(new Claim(TokenClaims.Tenants, terms.Tenant))
            .Append(new Claim(TokenClaims.Subject, terms.KeyId));
        var scope = new Scope(terms.Tenant, terms.Environment);
        var origins = terms.Origins.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return Of(claims, "ApiKey", terms.Until, new KeyBounds(scope, origins, noteUse, revoked));
    }

    /// <summary>
    /// Whether authorization let this caller through to the endpoint before. It looks at nothing but the claims, so it
    /// would again.
    /// </summary>
    public bool WasAdmittedTo(Endpoint endpoint) => _admitted.ContainsKey(endpoint);

    public void Admit(Endpoint endpoint) => _admitted.TryAdd(endpoint, true);

    private static KnownCaller Of(
        IEnumerable<Claim> claims,
        string authenticationType,
        DateTimeOffset? expires,
        KeyBounds? bounds
    )
    {
        var identity = new ClaimsIdentity(claims, authenticationType, TokenClaims.Subject, null);
        var user = new ClaimsPrincipal(identity);
        return new KnownCaller(user, identity.Name!, Grant.Of(user), expires, bounds);
    }
}

/// <summary>Where a request by API key may work, and where it may come from.</summary>
/// <param name="Scope">The one that the key belongs to.</param>
/// <param name="Origins">Those of pages that may send it; none: any.</param>
/// <param name="NoteUse">Takes that the key is in use, and when.</param>
/// <param name="Revoked">Cancelled when the key is revoked, or good for something else.</param>
internal sealed record KeyBounds(
    Scope Scope,
    IReadOnlyList<string> Origins,
    Action<DateTimeOffset> NoteUse,
    CancellationToken Revoked
)
{
    /// <param name="origin">The <c>Origin</c> header; browsers send it, and no page can change it.</param>
    /// <exception cref="ForbiddenException">The request is beyond them.</exception>
    public void Require(Scope asked, StringValues origin)
    {
        if (asked != Scope)
            throw new ForbiddenException($"The API key is not for environment '{asked.Environment}'.");
        if (Origins.Count > 0 && origin.Count > 0 && !(origin is [{ } page] && Origins.Contains(page)))
            throw new ForbiddenException("The API key is not for pages of this origin.");
    }
}
