using System.Collections.Concurrent;
using System.Security.Claims;
using FeatureFlags.Access.Domain;
using Microsoft.AspNetCore.Http;

namespace FeatureFlags.Access.Tokens;

/// <summary>What a verified token came to, so that the next request with it needs neither verifying nor parsing.</summary>
/// <param name="User">The token's claims; not the token.</param>
/// <param name="Subject">Who calls.</param>
/// <param name="Grant">What the caller may do, and for which tenants.</param>
/// <param name="Expires">From then on the token is none.</param>
internal sealed record KnownCaller(ClaimsPrincipal User, string Subject, Grant Grant, DateTimeOffset Expires)
{
    private readonly ConcurrentDictionary<Endpoint, bool> _admitted = [];

    /// <param name="verified">As the token's verification left it, the token inside.</param>
    /// <param name="expires">When the token does.</param>
    public static KnownCaller Of(ClaimsPrincipal verified, DateTimeOffset expires)
    {
        var claims = verified
            .Claims.Where(c => c.Type is TokenClaims.Subject or TokenClaims.Scopes or TokenClaims.Tenants)
            .Select(c => new Claim(c.Type, c.Value));
        var identity = new ClaimsIdentity(claims, verified.Identity!.AuthenticationType, TokenClaims.Subject, null);
        return new KnownCaller(new ClaimsPrincipal(identity), identity.Name!, Grant.Of(verified), expires);
    }

    /// <summary>
    /// Whether authorization let this caller through to the endpoint before. It looks at nothing but the claims, so it
    /// would again.
    /// </summary>
    public bool WasAdmittedTo(Endpoint endpoint) => _admitted.ContainsKey(endpoint);

    public void Admit(Endpoint endpoint) => _admitted.TryAdd(endpoint, true);
}
