using Prometheus;

namespace FeatureFlags.ChangeFeed;

internal static class FeedMetrics
{
    public static readonly Gauge Open = Metrics.CreateGauge("event_streams_open", "Event streams being served.");

    public static readonly Counter Sent = Metrics.CreateCounter(
        "event_stream_events_total",
        "Events sent to clients of event streams, one for each client."
    );

    public static readonly Counter Ended = Metrics.CreateCounter(
        "event_streams_ended_total",
        "Event streams that have ended, by why.",
        "reason"
    );
}
