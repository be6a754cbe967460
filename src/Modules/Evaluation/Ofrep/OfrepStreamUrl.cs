using FeatureFlags.BuildingBlocks.Http;
using Microsoft.AspNetCore.Http;

namespace FeatureFlags.Evaluation.Ofrep;

/// <summary>
/// The address under which a caller hears of changes. It is the same for a window of time, then another: a client
/// compares it with the one it has, and reconnects when it differs.
/// </summary>
internal sealed class OfrepStreamUrl(IUrlTokens tokens, TimeProvider clock)
{
    public const string Parameter = "token";

    public const string Use = "ofrep";

    /// <summary>As long as an access token lasts.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(6);

    /// <summary>
    /// Absolute, with the scheme and host that the client called. Where a proxy stands before the service it says them;
    /// whoever makes them up misleads nobody but itself. Null while the host starts and can give none yet.
    /// </summary>
    public string? For(HttpContext http)
    {
        if (tokens.Issue(http, Use, WindowEnd(clock.GetUtcNow())) is not { } token)
            return null;
        var request = http.Request;
        var scheme = First(request, "X-Forwarded-Proto") is "https" ? "https" : request.Scheme;
        var host = First(request, "X-Forwarded-Host") is { } name ? new HostString(name) : request.Host;
        return $"{scheme}://{host.ToUriComponent()}{OfrepRoutes.Events}?{Parameter}={token}";
    }

    internal static DateTimeOffset WindowEnd(DateTimeOffset now) =>
        new(now.UtcTicks - (now.UtcTicks % Window.Ticks) + Window.Ticks, TimeSpan.Zero);

    // Each proxy adds its own behind the one before it.
    private static string? First(HttpRequest request, string header) =>
        request.Headers[header] is [{ Length: > 0 } values, ..] ? values.Split(',')[0].Trim() : null;
}
