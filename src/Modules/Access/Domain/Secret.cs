using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace FeatureFlags.Access.Domain;

/// <summary>
/// What an API client proves itself with, or an API key's text: 256 random bits, shown once and kept only as their
/// SHA-256. A slow, salted hash protects what people make up; nobody finds 256 random bits by trying, so a fast one
/// gives nothing away, and neither the token endpoint nor a request by key is an easy way to burn the processor.
/// </summary>
internal sealed record Secret(string Text)
{
    /// <summary>Every API key begins with it, and no token does.</summary>
    public const string KeyPrefix = "ff_";

    private const string ServerKeyPrefix = $"{KeyPrefix}server_";
    private const string ClientKeyPrefix = $"{KeyPrefix}client_";
    private const string ClientPrefix = "ffsecret_";
    private const int RandomBytes = 32;

    /// <summary>The hash of no secret: compared with where there is no client, so that this takes as long.</summary>
    public static readonly byte[] NobodysHash = new byte[SHA256.HashSizeInBytes];

    /// <summary>Of an API client; the prefix marks it for people and secret scanners, here and below.</summary>
    public static Secret OfClient() => New(ClientPrefix);

    public static Secret OfKey(KeyKind kind) => New(kind == KeyKind.Client ? ClientKeyPrefix : ServerKeyPrefix);

    /// <summary>Whether a text has the form of an API key: what has not needs no look-up.</summary>
    public static bool IsKey(string text)
    {
        var prefix =
            text.StartsWith(ServerKeyPrefix, StringComparison.Ordinal) ? ServerKeyPrefix
            : text.StartsWith(ClientKeyPrefix, StringComparison.Ordinal) ? ClientKeyPrefix
            : null;
        return prefix is not null
            && Base64Url.IsValid(text.AsSpan(prefix.Length), out var bytes)
            && bytes == RandomBytes
            && text.Length == prefix.Length + Base64Url.GetEncodedLength(RandomBytes);
    }

    public byte[] Hash() => SHA256.HashData(Encoding.UTF8.GetBytes(Text));

    /// <summary>Compares in a time that does not depend on where they differ.</summary>
    public bool Matches(byte[] hash) => CryptographicOperations.FixedTimeEquals(Hash(), hash);

    /// <summary>Nothing that prints a message prints a secret.</summary>
    public override string ToString() => "***";

    private static Secret New(string prefix) =>
        new(prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes)));
}
