using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using FeatureFlags.Access.Keys;
using FeatureFlags.Access.Tokens;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SecurityKey = Microsoft.IdentityModel.Tokens.SecurityKey;
using SymmetricSecurityKey = Microsoft.IdentityModel.Tokens.SymmetricSecurityKey;

namespace FeatureFlags.Access.Http;

/// <summary>
/// Signs them with a key derived from the signing key, so that every host takes them, none is stored, and neither kind
/// of token passes for the other. Of an API key they hold the hash by which it is known everywhere.
/// </summary>
internal sealed class UrlTokens(SigningKeys keys, KnownKeys known, TimeProvider clock) : IUrlTokens
{
    private const int LongestToken = 1_024;

    // By signing key: deriving one takes longer than to sign.
    private readonly ConditionalWeakTable<SecurityKey, byte[]> _derived = [];

    private static ReadOnlySpan<byte> Purpose => "featureflags: tokens in addresses"u8;

    /// <inheritdoc/>
    public string? Issue(HttpContext context, string use, DateTimeOffset until)
    {
        if (!keys.AreLoaded)
            return null;

        var call = context.RequestServices.GetRequiredService<CallContext>();
        var ends = call.Until < until ? call.Until.Value : until;
        var key = SentKey.In(context.Request.Headers) is { } sent
            ? Base64Url.EncodeToString(CredentialHash.OfKey(sent).ToBytes())
            : null;
        var said = JsonSerializer.SerializeToUtf8Bytes(
            new Claims(use, call.Scope.Tenant, call.Scope.Environment, ends.ToUnixTimeSeconds(), key)
        );
        return $"{Base64Url.EncodeToString(said)}.{Base64Url.EncodeToString(Sign(said, keys.Current))}";
    }

    /// <inheritdoc/>
    public async Task Admit(HttpContext context, string use, string? token)
    {
        if (!keys.AreLoaded)
            throw new UnavailableException("The service is starting: its signing key is not loaded yet.");
        if (Verified(token) is not { } claims || claims.Use != use)
            throw Refused("The address holds no token of this service for this.");
        var ends = DateTimeOffset.FromUnixTimeSeconds(claims.Until);
        if (ends <= clock.GetUtcNow())
            throw Refused("The token in the address has ended: ask for a new address.");

        var scope = new Scope(claims.Tenant, claims.Environment);
        var call = context.RequestServices.GetRequiredService<CallContext>();
        if (claims.Key is { } key)
        {
            var hash = CredentialHash.Of(Base64Url.DecodeFromChars(key));
            var caller =
                await known.Find(hash, context.RequestAborted)
                ?? throw Refused("The API key that the address was made for is revoked or expired.");
            caller.Bounds!.Require(scope, context.Request.Headers.Origin);
            call.ComeByKey(caller.Bounds.NoteUse, caller.Bounds.Revoked);
        }
        call.Enter(scope, use, context.TraceIdentifier, ends);
    }

    private Claims? Verified(string? token)
    {
        if (token is not { Length: <= LongestToken } || token.Split('.') is not [var said, var signature])
            return null;
        if (!Base64Url.IsValid(said) || !Base64Url.IsValid(signature))
            return null;

        var bytes = Base64Url.DecodeFromChars(said);
        var signed = Base64Url.DecodeFromChars(signature);
        var isOurs = keys.Verifying.Any(key => CryptographicOperations.FixedTimeEquals(Sign(bytes, key), signed));
        return isOurs ? JsonSerializer.Deserialize<Claims>(bytes) : null;
    }

    private byte[] Sign(byte[] said, SecurityKey key) => HMACSHA256.HashData(_derived.GetValue(key, Derive), said);

    private static byte[] Derive(SecurityKey key)
    {
        var derived = new byte[SHA256.HashSizeInBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, ((SymmetricSecurityKey)key).Key, derived, salt: [], Purpose);
        return derived;
    }

    private static UnauthenticatedException Refused(string why) => new(why, "Bearer error=\"invalid_token\"");

    /// <param name="Use">What it opens.</param>
    /// <param name="Until">Unix seconds.</param>
    /// <param name="Key">The hash of the API key that it was made for; null where that was a token.</param>
    private sealed record Claims(
        string Use,
        string Tenant,
        string Environment,
        long Until,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Key
    );
}
