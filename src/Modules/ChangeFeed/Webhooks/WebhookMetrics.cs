using Prometheus;

namespace FeatureFlags.ChangeFeed.Webhooks;

internal static class WebhookMetrics
{
    public static readonly Counter Attempts = Metrics.CreateCounter(
        "webhook_attempts_total",
        "Attempts to deliver an event to a webhook: delivered, failed (tried again later), dead (given up).",
        "outcome"
    );

    public static readonly Histogram Duration = Metrics.CreateHistogram(
        "webhook_attempt_duration_seconds",
        "How long attempts took, answered or not.",
        new HistogramConfiguration { Buckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15] }
    );

    public static readonly Counter Disabled = Metrics.CreateCounter(
        "webhooks_disabled_total",
        "Webhooks that were made inactive because they wanted nothing more or kept failing."
    );
}
