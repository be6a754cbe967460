using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace FeatureFlags.Access.Tokens;

/// <summary>The SHA-256 of a credential, which is what is remembered in the credential's place.</summary>
internal readonly record struct CredentialHash(UInt128 First, UInt128 Second)
{
    /// <summary>Of the text as it lies in memory: for what is never compared with anything stored.</summary>
    public static CredentialHash OfHeader(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(text.AsSpan()), hash);
        return Of(hash);
    }

    /// <summary>As an API key's is stored.</summary>
    /// <param name="key">Of the form of a key, hence short and ASCII.</param>
    public static CredentialHash OfKey(string key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> text = stackalloc byte[key.Length];
        SHA256.HashData(text[..Encoding.ASCII.GetBytes(key, text)], hash);
        return Of(hash);
    }

    public static CredentialHash Of(ReadOnlySpan<byte> hash) => MemoryMarshal.Read<CredentialHash>(hash);

    public byte[] ToBytes()
    {
        var bytes = new byte[SHA256.HashSizeInBytes];
        MemoryMarshal.Write(bytes, this);
        return bytes;
    }
}
