using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace FeatureFlags.Access.Domain;

/// <summary>
/// What an API client proves itself with: 256 random bits, shown once and kept only as their SHA-256. A slow, salted
/// hash protects what people make up; nobody finds 256 random bits by trying, so a fast one gives nothing away and
/// keeps the token endpoint from being an easy way to burn the processor.
/// </summary>
internal sealed record ClientSecret(string Text)
{
    /// <summary>Marks it for people and secret scanners.</summary>
    private const string Prefix = "ffsecret_";

    /// <summary>The hash of no secret: compared with where there is no client, so that this takes as long.</summary>
    public static readonly byte[] NobodysHash = new byte[SHA256.HashSizeInBytes];

    public byte[] Hash() => SHA256.HashData(Encoding.UTF8.GetBytes(Text));

    /// <summary>Compares in a time that does not depend on where they differ.</summary>
    public bool Matches(byte[] hash) => CryptographicOperations.FixedTimeEquals(Hash(), hash);

    public static ClientSecret New() => new(Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));

    /// <summary>Nothing that prints a message prints a secret.</summary>
    public override string ToString() => "***";
}
