using System.Buffers;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Rules;
using Microsoft.AspNetCore.Http;

namespace FeatureFlags.Evaluation.Ofrep;

/// <summary>
/// The address under which a caller hears of changes. It is the same for a window of time, then another: a client
/// compares it with the one it has, and reconnects when it differs.
/// </summary>
/// <remarks>Windows begin at another second for each user, so that not all pages come back at once.</remarks>
internal sealed class OfrepStreamUrl(IUrlTokens tokens, TimeProvider clock)
{
    public const string Parameter = "token";

    public const string Use = "ofrep";

    /// <summary>As long as an access token lasts.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(6);

    // Of a name that has others the client's own header would hold the form that is sent, which has none of them.
    private static readonly SearchValues<char> InHosts = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:[]"
    );

    /// <summary>
    /// Absolute, with the scheme and host that the client called. Where a proxy stands before the service it says them;
    /// whoever makes them up misleads nobody but itself. Null while the host starts and can give none yet.
    /// </summary>
    /// <param name="user">The id of whom the flags are for; null: nobody's.</param>
    public string? For(HttpContext http, Scope scope, string? user)
    {
        if (tokens.Issue(http, Use, WindowEnd(clock.GetUtcNow(), PhaseOf(scope, user))) is not { } token)
            return null;
        var request = http.Request;
        var scheme = First(request, "X-Forwarded-Proto") is "https" ? "https" : request.Scheme;
        var host =
            First(request, "X-Forwarded-Host") is { Length: > 0 } name && !name.AsSpan().ContainsAnyExcept(InHosts)
                ? name
                : request.Host.ToUriComponent();
        return $"{scheme}://{host}{OfrepRoutes.Events}?{Parameter}={token}";
    }

    /// <param name="phase">How long after midnight, UTC, the first window of the day begins, in whole seconds.</param>
    internal static DateTimeOffset WindowEnd(DateTimeOffset now, TimeSpan phase) =>
        new(now.UtcTicks - ((now.UtcTicks - phase.Ticks) % Window.Ticks) + Window.Ticks, TimeSpan.Zero);

    // The same from every host, as addresses are.
    internal static TimeSpan PhaseOf(Scope scope, string? user) =>
        TimeSpan.FromSeconds(
            (int)(Bucketing.Bucket(scope.Tenant, scope.Environment, user ?? "") * Window.TotalSeconds)
        );

    // Each proxy adds its own behind the one before it.
    private static string? First(HttpRequest request, string header) =>
        request.Headers[header] is [{ Length: > 0 } values, ..] ? values.Split(',')[0].Trim() : null;
}
