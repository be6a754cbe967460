using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace FeatureFlags.IntegrationTests.Security;

/// <summary>Tokens made by hand, right and wrong: the libraries refuse to make most of the wrong ones.</summary>
internal sealed record Jwt(Dictionary<string, object?> Header, Dictionary<string, object?> Claims)
{
    public static Jwt Valid(TimeProvider clock)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        return new(
            new() { ["alg"] = "HS256", ["typ"] = "JWT" },
            new()
            {
                ["iss"] = "featureflags",
                ["aud"] = "featureflags",
                ["sub"] = "tester",
                ["scopes"] = new[] { "flags:r" },
                ["tenants"] = new[] { "acme" },
                ["iat"] = now,
                ["nbf"] = now,
                ["exp"] = now + 3600,
            }
        );
    }

    /// <summary>With one claim changed, or left out where the value is null.</summary>
    public Jwt With(string claim, object? value) => this with { Claims = Changed(Claims, claim, value) };

    public Jwt WithHeader(string member, object? value) => this with { Header = Changed(Header, member, value) };

    public string Signed(string key = Service.JwtSecret) => Signed(bytes => HMACSHA256.HashData(Bytes(key), bytes));

    public string SignedBySha512() =>
        WithHeader("alg", "HS512").Signed(bytes => HMACSHA512.HashData(Bytes(Service.JwtSecret), bytes));

    /// <param name="alg">How it says that it is not signed.</param>
    public string Unsigned(string alg) => WithHeader("alg", alg).Signed(_ => []);

    private string Signed(Func<byte[], byte[]> sign)
    {
        var content =
            $"{Part(JsonSerializer.SerializeToUtf8Bytes(Header))}.{Part(JsonSerializer.SerializeToUtf8Bytes(Claims))}";
        return $"{content}.{Part(sign(Bytes(content)))}";
    }

    /// <summary>Another token's claims over this one's signature.</summary>
    public string SignedWithTheClaimsOf(Jwt other)
    {
        var (mine, theirs) = (Signed().Split('.'), other.Signed().Split('.'));
        return $"{mine[0]}.{theirs[1]}.{mine[2]}";
    }

    private static Dictionary<string, object?> Changed(Dictionary<string, object?> members, string name, object? value)
    {
        var changed = new Dictionary<string, object?>(members);
        changed.Remove(name);
        if (value is not null)
            changed[name] = value;
        return changed;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Part(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
