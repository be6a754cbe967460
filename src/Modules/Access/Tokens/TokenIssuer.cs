using FeatureFlags.Access.Domain;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace FeatureFlags.Access.Tokens;

/// <summary>Signs access tokens.</summary>
internal sealed class TokenIssuer(SigningKeys keys, TimeProvider clock)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(6);

    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    public string Issue(string subject, Grant grant)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return _handler.CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = TokenValidation.Issuer,
                Audience = TokenValidation.Audience,
                Claims = new Dictionary<string, object>
                {
                    [TokenClaims.Subject] = subject,
                    [TokenClaims.Scopes] = grant.Scopes.ToArray(),
                    [TokenClaims.Tenants] = grant.Tenants.ToArray(),
                },
                IssuedAt = now,
                NotBefore = now,
                Expires = now + Lifetime,
                SigningCredentials = new SigningCredentials(keys.Current, SecurityAlgorithms.HmacSha256),
            }
        );
    }
}
