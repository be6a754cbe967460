using System.Diagnostics.Metrics;
using FeatureFlags.Client.Sync;

namespace FeatureFlags.Client.Telemetry;

/// <summary>The client's meter, <see cref="Name"/>. Nothing is measured while nobody listens.</summary>
internal sealed class ClientMetrics : IDisposable
{
    public const string Name = "FeatureFlags.Client";

    private readonly Meter _meter = new(Name);

    public ClientMetrics(FlagState state)
    {
        Evaluations = _meter.CreateCounter<long>(
            "feature_flag.client.evaluations",
            "{evaluation}",
            "Evaluations, by feature_flag.result.reason."
        );
        Reconnects = _meter.CreateCounter<long>(
            "feature_flag.client.reconnects",
            "{attempt}",
            "Attempts to open the stream again."
        );
        _meter.CreateObservableGauge(
            "feature_flag.client.revision",
            () => Measured(state.Rules?.At.Revision),
            "{revision}",
            "The revision of the rules in force."
        );
        _meter.CreateObservableGauge(
            "feature_flag.client.age",
            () => Measured(state.Status.Age?.TotalSeconds),
            "s",
            "How long ago the service last said that the rules in force are the current ones."
        );
    }

    public Counter<long> Evaluations { get; }

    public Counter<long> Reconnects { get; }

    public void Dispose() => _meter.Dispose();

    // What is not known is not measured, rather than measured as 0.
    private static Measurement<T>[] Measured<T>(T? value)
        where T : struct => value is { } known ? [new Measurement<T>(known)] : [];
}
