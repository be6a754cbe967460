using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace FeatureFlags.Access.Tokens;

/// <summary>Which tokens are believed.</summary>
internal static class TokenValidation
{
    public const string Issuer = "featureflags";
    public const string Audience = "featureflags";

    /// <summary>The longest token that is looked at; what the service issues stays below it.</summary>
    public const int MaxTokenBytes = 16 * 1024;

    /// <summary>
    /// How far the clock of the host that issued a token may run ahead of this one's. It forgives a token that is
    /// too new, never one that has expired.
    /// </summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    public static IServiceCollection AddTokenValidation(this IServiceCollection services)
    {
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        services
            .AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<SigningKeys, TimeProvider>(
                (bearer, keys, clock) =>
                {
                    bearer.MapInboundClaims = false;
                    bearer.TokenHandlers.Clear();
                    bearer.TokenHandlers.Add(Handler());
                    bearer.TokenValidationParameters = Parameters(keys, clock);
                    bearer.Events = new JwtBearerEvents { OnTokenValidated = RequireSubject };
                }
            );
        return services;
    }

    public static JsonWebTokenHandler Handler() =>
        new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MaxTokenBytes };

    public static TokenValidationParameters Parameters(SigningKeys keys, TimeProvider clock) =>
        new()
        {
            // Without this list a token of any other HMAC under the same key would do.
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            RequireSignedTokens = true,
            // Read each time: a generated key comes with the database. The token's own "kid" has no say.
            IssuerSigningKeyResolver = (_, _, _, _) => keys.Verifying,
            ValidIssuer = Issuer,
            ValidAudience = Audience,
            RequireExpirationTime = true,
            LifetimeValidator = (notBefore, expires, _, _) => IsCurrent(notBefore, expires, clock.GetUtcNow()),
            NameClaimType = TokenClaims.Subject,
        };

    private static bool IsCurrent(DateTime? notBefore, DateTime? expires, DateTimeOffset now) =>
        expires > now.UtcDateTime && (notBefore is null || notBefore <= now.UtcDateTime + ClockSkew);

    private static Task RequireSubject(TokenValidatedContext context)
    {
        if (!TokenClaims.IsSubject(context.Principal?.Identity?.Name))
            context.Fail("The token names no subject.");
        return Task.CompletedTask;
    }
}
