using System.Net;
using System.Text;
using FeatureFlags.Access.Domain;
using FeatureFlags.BuildingBlocks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace FeatureFlags.Access;

/// <summary>What the process was told about tokens and clients, checked.</summary>
/// <param name="StubIssuer">Whether whoever asks is given the token they ask for.</param>
/// <param name="Secret">Signs and verifies; null in Development: one is generated and kept in the database.</param>
/// <param name="PreviousSecret">Still verifies, while the tokens it signed run out.</param>
/// <param name="FirstClient">The API client to begin with.</param>
internal sealed record AccessSettings(bool StubIssuer, byte[]? Secret, byte[]? PreviousSecret, FirstClient? FirstClient)
{
    /// <summary>HS256 wants a key as long as its hash (RFC 7518, section 3.2).</summary>
    public const int MinSecretBytes = 32;

    private const int MinClientSecretLength = 16;

    /// <exception cref="ConfigurationException">Something the process must not run with.</exception>
    public static AccessSettings Read(IConfiguration configuration, bool isDevelopment)
    {
        var stub = configuration.Switch("AUTH_STUB_ISSUER");
        if (isDevelopment && stub is null && Listening.BeyondThisMachine(configuration) is { } address)
            throw new ConfigurationException(
                $"In Development anyone gets a token, and '{address}' can be reached from other machines: "
                    + "listen on localhost, or set AUTH_STUB_ISSUER to true or false to say that you mean it."
            );

        var secret = Key(configuration, "JWT_SECRET");
        if (secret is null && !isDevelopment)
            throw new ConfigurationException(
                $"JWT_SECRET is missing: set it to at least {MinSecretBytes} random bytes, "
                    + "for example the output of: openssl rand -base64 48"
            );

        return new AccessSettings(
            stub ?? isDevelopment,
            secret,
            Key(configuration, "JWT_SECRET_PREVIOUS"),
            First(configuration)
        );
    }

    private static FirstClient? First(IConfiguration configuration)
    {
        var (id, secret) = (configuration["ADMIN_CLIENT_ID"], configuration["ADMIN_CLIENT_SECRET"]);
        if (string.IsNullOrEmpty(id) && string.IsNullOrEmpty(secret))
            return null;
        if (string.IsNullOrEmpty(id) || string.IsNullOrEmpty(secret))
            throw new ConfigurationException("ADMIN_CLIENT_ID and ADMIN_CLIENT_SECRET go together: one is missing.");
        if (!EntityKey.IsValid(id))
            throw new ConfigurationException($"ADMIN_CLIENT_ID must be {EntityKey.Form}.");
        if (secret.Length < MinClientSecretLength)
            throw new ConfigurationException(
                $"ADMIN_CLIENT_SECRET is too short: at least {MinClientSecretLength} characters, better random ones."
            );
        return new FirstClient(id, new Secret(secret));
    }

    private static byte[]? Key(IConfiguration configuration, string name)
    {
        if (configuration[name] is not { Length: > 0 } text)
            return null;

        var key = Encoding.UTF8.GetBytes(text);
        if (key.Length < MinSecretBytes)
            throw new ConfigurationException(
                $"{name} is too short: it has {key.Length} bytes, HS256 needs at least {MinSecretBytes}."
            );
        // All zero, however it was written down: 0000… in hexadecimal, AAAA…= in Base64.
        if (text.AsSpan().TrimEnd('=').TrimEnd(text[0]).IsEmpty)
            throw new ConfigurationException($"{name} is one character over and over: use random bytes.");
        return key;
    }
}

internal sealed record FirstClient(string Id, Secret Secret);

internal static class Listening
{
    /// <summary>The first configured address that other machines can reach; null when there is none.</summary>
    public static string? BeyondThisMachine(IConfiguration configuration) =>
        Addresses(configuration).FirstOrDefault(address => !IsThisMachine(address));

    private static IEnumerable<string> Addresses(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren();
        var urls = List(configuration[WebHostDefaults.ServerUrlsKey]).ToList();
        // The server looks at the ports only where there are no addresses.
        if (urls.Count == 0)
            urls =
            [
                .. List(configuration[WebHostDefaults.HttpPortsKey]).Select(port => $"http://*:{port}"),
                .. List(configuration[WebHostDefaults.HttpsPortsKey]).Select(port => $"https://*:{port}"),
            ];
        return urls.Concat(endpoints.Select(e => e["Url"]).OfType<string>());
    }

    private static string[] List(string? text) =>
        text?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static bool IsThisMachine(string address)
    {
        try
        {
            var parsed = BindingAddress.Parse(address);
            return parsed.IsUnixPipe
                || parsed.IsNamedPipe
                || parsed.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
                || (IPAddress.TryParse(parsed.Host, out var ip) && IPAddress.IsLoopback(ip));
        }
        catch (FormatException)
        {
            throw new ConfigurationException($"'{address}' is no address to listen on: http://localhost:8080 is one.");
        }
    }
}
