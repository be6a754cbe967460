using System.Collections.Concurrent;
using Microsoft.IdentityModel.Tokens;

namespace FeatureFlags.Access.Tokens;

/// <summary>
/// Remembers whom verified tokens stand for, until they expire or the signing key is another. It keeps the SHA-256 of
/// what was sent, never a token. Bounded: whenever half the bound has come anew, those that nobody used since the last
/// time are forgotten.
/// </summary>
internal sealed class KnownTokens(SigningKeys keys, TimeProvider clock)
{
    /// <summary>Callers remembered at most.</summary>
    public const int Most = 4_096;

    /// <summary>Longer ones, which name many tenants, are verified each time: what is remembered is small.</summary>
    public const int LongestCredentials = 2_048;

    private volatile Generations _generations = new([], []);

    /// <param name="credentials">The <c>Authorization</c> header.</param>
    public KnownCaller? Find(string credentials)
    {
        if (credentials.Length > LongestCredentials)
            return null;

        var hash = CredentialHash.OfHeader(credentials);
        var known = _generations;
        if (!known.Young.TryGetValue(hash, out var entry))
        {
            if (!known.Old.TryGetValue(hash, out entry))
                return null;
            Keep(hash, entry);
        }
        return entry.Caller.Expires > clock.GetUtcNow() && keys.IsCurrent(entry.Key) ? entry.Caller : null;
    }

    /// <param name="credentials">The <c>Authorization</c> header, whose token was verified.</param>
    /// <param name="key">The current key at that time.</param>
    public void Remember(string credentials, KnownCaller caller, SecurityKey key)
    {
        if (credentials.Length <= LongestCredentials)
            Keep(CredentialHash.OfHeader(credentials), new Entry(caller, key));
    }

    private void Keep(CredentialHash hash, Entry entry)
    {
        var known = _generations;
        if (known.Young.Count >= Most / 2)
            // Two that meet here forget a little more than they need.
            _generations = known = new Generations([], known.Young);
        known.Young[hash] = entry;
    }

    private sealed record Generations(
        ConcurrentDictionary<CredentialHash, Entry> Young,
        ConcurrentDictionary<CredentialHash, Entry> Old
    );

    private sealed record Entry(KnownCaller Caller, SecurityKey Key);
}
