using Prometheus;

namespace FeatureFlags.BuildingBlocks.Streaming;

/// <summary>Counts by <c>stream</c>: which of the service's streams it is.</summary>
internal static class StreamMetrics
{
    public static readonly Gauge Open = Metrics.CreateGauge(
        "event_streams_open",
        "Event streams being served, by which.",
        "stream"
    );

    public static readonly Counter Sent = Metrics.CreateCounter(
        "event_stream_events_total",
        "Events sent to clients of event streams, one for each client, by which stream.",
        "stream"
    );

    public static readonly Counter Ended = Metrics.CreateCounter(
        "event_streams_ended_total",
        "Event streams that have ended, by which and why.",
        "stream",
        "reason"
    );
}
