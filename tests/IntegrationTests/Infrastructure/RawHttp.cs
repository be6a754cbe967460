using System.Net.Sockets;
using System.Text;

namespace FeatureFlags.IntegrationTests;

/// <summary>Sends what no HTTP client would.</summary>
internal static class RawHttp
{
    /// <returns>The answer as it came, head and body.</returns>
    public static async Task<string> Send(Service service, params string[] lines)
    {
        var address = service.Http.BaseAddress!;
        using var connection = new TcpClient();
        await connection.ConnectAsync(address.Host, address.Port);
        await using var stream = connection.GetStream();
        var request = string.Join("\r\n", [.. lines, $"Host: {address.Authority}", "Connection: close", "", ""]);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }
}
