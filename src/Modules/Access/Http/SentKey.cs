using FeatureFlags.Access.Domain;
using FeatureFlags.BuildingBlocks;
using Microsoft.AspNetCore.Http;

namespace FeatureFlags.Access.Http;

/// <summary>The API key that a request carries.</summary>
internal static class SentKey
{
    public const string Header = "X-API-Key";

    private const string Scheme = "Bearer ";

    /// <summary>Null where there is none: the caller has a token, or nothing.</summary>
    /// <exception cref="BadRequestException">Two credentials that are not the same: nobody is to guess which counts.</exception>
    public static string? In(IHeaderDictionary headers)
    {
        var bearer = headers.Authorization is [{ } credentials] ? Bearer(credentials) : null;
        var sent = headers[Header];
        if (sent.Count == 0)
            return bearer;
        if (sent is [{ } key] && (headers.Authorization.Count == 0 || key == bearer))
            return key;
        throw new BadRequestException($"Send one credential: {Header}, or Authorization, or both with the same key.");
    }

    private static string? Bearer(string credentials)
    {
        if (!credentials.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        var key = credentials.AsSpan(Scheme.Length).Trim(' ');
        return key.StartsWith(Secret.KeyPrefix, StringComparison.Ordinal) ? key.ToString() : null;
    }
}
