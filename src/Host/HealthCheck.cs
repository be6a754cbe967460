using Microsoft.AspNetCore.Http;

namespace FeatureFlags.Host;

/// <summary><c>--healthcheck</c>: asks the host that runs beside this process, for images that have no HTTP client.</summary>
internal static class HealthCheck
{
    public const string Argument = "--healthcheck";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <returns>The exit code: 0 when the host is ready, 1 when it is not or does not answer.</returns>
    public static async Task<int> Run(IConfiguration configuration)
    {
        using var client = new HttpClient { Timeout = Limit };
        try
        {
            using var answer = await client.GetAsync(
                new UriBuilder("http", "localhost", Port(configuration), "/readyz").Uri
            );
            await Console.Out.WriteLineAsync(await answer.Content.ReadAsStringAsync());
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            await Console.Out.WriteLineAsync(error.Message);
            return 1;
        }
    }

    private static int Port(IConfiguration configuration) =>
        configuration["urls"] is { Length: > 0 } urls
            ? BindingAddress.Parse(urls.Split(';')[0]).Port
            : int.Parse(configuration["http_ports"]!.Split(';')[0], System.Globalization.CultureInfo.InvariantCulture);
}
