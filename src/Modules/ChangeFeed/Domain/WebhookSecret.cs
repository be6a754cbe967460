using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FeatureFlags.ChangeFeed.Domain;

/// <summary>
/// What a webhook's deliveries are signed with, by Standard Webhooks
/// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md): <c>whsec_</c> and 256
/// random bits in base 64. It is kept as it is, because a signature needs it.
/// </summary>
internal sealed record WebhookSecret(string Text)
{
    private const string Prefix = "whsec_";

    public static WebhookSecret New() => new(Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));

    /// <summary>HMAC-SHA256 of <c>id.timestamp.body</c>, in the form of a signature header's part.</summary>
    /// <param name="timestamp">Unix seconds.</param>
    public string Sign(string id, long timestamp, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(
            HashAlgorithmName.SHA256,
            Convert.FromBase64String(Text[Prefix.Length..])
        );
        hmac.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.")));
        hmac.AppendData(body);
        return "v1," + Convert.ToBase64String(hmac.GetHashAndReset());
    }

    /// <summary>Nothing that prints a message prints a secret.</summary>
    public override string ToString() => "***";
}
