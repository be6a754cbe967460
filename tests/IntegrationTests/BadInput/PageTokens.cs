using System.Buffers.Text;
using System.Text.Json;

namespace FeatureFlags.IntegrationTests.BadInput;

internal static class PageTokens
{
    /// <summary>A page token whose position is said to be at another time. Knows what is inside, as an attacker would.</summary>
    public static string WithTime(string token, string time)
    {
        var parts = JsonSerializer.Deserialize<string[]>(Base64Url.DecodeFromChars(token))!;
        parts[1] = time;
        return Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(parts));
    }
}
