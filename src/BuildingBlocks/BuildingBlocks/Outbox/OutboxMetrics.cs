using Prometheus;

namespace FeatureFlags.BuildingBlocks.Outbox;

internal static class OutboxMetrics
{
    public static readonly Counter Deliveries = Metrics.CreateCounter(
        "outbox_deliveries_total",
        "Attempts to deliver a message to a subscriber, by how they ended.",
        "subscriber",
        "outcome"
    );

    public static readonly Gauge Pending = Metrics.CreateGauge(
        "outbox_pending",
        "Deliveries still to be made, as of the last look.",
        "subscriber"
    );

    public static readonly Gauge Lag = Metrics.CreateGauge(
        "outbox_lag_seconds",
        "Age of the oldest delivery still to be made, as of the last look.",
        "subscriber"
    );

    public static readonly Gauge DeadLetters = Metrics.CreateGauge(
        "outbox_dead_letters",
        "Deliveries given up, neither retried nor discarded yet, as of the last look.",
        "subscriber"
    );
}
