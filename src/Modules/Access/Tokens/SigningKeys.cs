using FeatureFlags.BuildingBlocks;
using Microsoft.IdentityModel.Tokens;

namespace FeatureFlags.Access.Tokens;

/// <summary>The HS256 keys: the current one signs, the previous one still verifies.</summary>
internal sealed class SigningKeys(AccessSettings settings)
{
    private readonly SymmetricSecurityKey[] _previous = settings.PreviousSecret is { } previous ? [new(previous)] : [];

    private volatile SymmetricSecurityKey? _current = settings.Secret is { } secret ? new(secret) : null;

    /// <summary>False only in Development, until the generated key was read from the database.</summary>
    public bool AreLoaded => _current is not null;

    /// <exception cref="UnavailableException">It was not loaded yet.</exception>
    public SymmetricSecurityKey Current =>
        _current ?? throw new UnavailableException("The service is starting: its signing key is not loaded yet.");

    public IEnumerable<SecurityKey> Verifying => _current is { } current ? [current, .. _previous] : _previous;

    public bool IsCurrent(SecurityKey key) => ReferenceEquals(key, _current);

    public void Load(byte[] secret) => _current = new SymmetricSecurityKey(secret);
}
