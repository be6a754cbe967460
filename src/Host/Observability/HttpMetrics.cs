using System.Collections.Concurrent;
using Prometheus;

namespace FeatureFlags.Host.Observability;

/// <summary>
/// Requests by route template, method and status. Every label has few values, whatever callers send: the paths of
/// unknown routes and made-up methods are counted together.
/// </summary>
internal static class HttpMetrics
{
    private static readonly Counter Requests = Metrics.CreateCounter(
        "http_requests_total",
        "Requests answered.",
        "path",
        "method",
        "status"
    );

    private static readonly Histogram Durations = Metrics.CreateHistogram(
        "http_request_duration_seconds",
        "How long requests took, in seconds.",
        ["path", "method"],
        new HistogramConfiguration
        {
            Buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 10],
        }
    );

    // Found by reference and number, so that a request builds no label strings.
    private static readonly ConcurrentDictionary<Key, Series> Known = new();

    public static void Count(Endpoint? endpoint, string method, int status, TimeSpan duration)
    {
        var series = Known.GetOrAdd(new Key(endpoint as RouteEndpoint, method, status), Create);
        series.Requests.Inc();
        series.Durations.Observe(duration.TotalSeconds);
    }

    private static Series Create(Key key)
    {
        // A route of a group's own path comes with a slash at its end.
        var path = key.Route is { } route ? $"/{route.RoutePattern.RawText?.Trim('/')}" : "unmatched";
        return new Series(
            Requests.WithLabels(path, key.Method, $"{key.Status}"),
            Durations.WithLabels(path, key.Method)
        );
    }

    private readonly record struct Key(RouteEndpoint? Route, string Method, int Status);

    private sealed record Series(Counter.Child Requests, Histogram.Child Durations);
}
