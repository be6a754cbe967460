using System.Diagnostics;
using Prometheus;

namespace FeatureFlags.BuildingBlocks.Messaging;

/// <summary>A trace span and a duration for every message.</summary>
internal sealed class ObservationBehavior<TMessage, TResult> : Behavior<TMessage, TResult>
{
    // A use case nests its message: DeleteFlag.Command reads better as DeleteFlag.
    private static readonly string Name = typeof(TMessage).DeclaringType?.Name ?? typeof(TMessage).Name;

    private static readonly Histogram.Child Duration = MessageMetrics.Duration.WithLabels(Name);

    protected override async Task<TResult> Around(TMessage message, Func<Task<TResult>> next, CancellationToken ct)
    {
        using var activity = Telemetry.Source.StartActivity(Name);
        using var timer = Duration.NewTimer();
        try
        {
            return await next();
        }
        catch (Exception error) when (error is not CallerException)
        {
            activity?.SetStatus(ActivityStatusCode.Error, error.GetType().Name);
            throw;
        }
    }
}

internal static class MessageMetrics
{
    internal static readonly Histogram Duration = Metrics.CreateHistogram(
        "messages_duration_seconds",
        "How long commands and queries took, in seconds.",
        ["message"],
        new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(0.0001, 4, 8) }
    );
}
