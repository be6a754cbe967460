using System.Diagnostics.Metrics;
using FeatureFlags.Client.Sync;
using FeatureFlags.Rules;
using Microsoft.Extensions.Logging;

namespace FeatureFlags.Client.Telemetry;

/// <summary>
/// The client's meter, <see cref="Name"/>, and its events. Nothing is measured while nobody listens. Listeners run in here:
/// what they throw is logged once, and changes nothing.
/// </summary>
internal sealed partial class ClientTelemetry : IDisposable
{
    public const string Name = "FeatureFlags.Client";

    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _evaluations;
    private readonly Counter<long> _reconnects;
    private readonly ILogger _log;
    private int _failed;

    public ClientTelemetry(FlagState state, ILogger log)
    {
        _log = log;
        _evaluations = _meter.CreateCounter<long>(
            "feature_flag.client.evaluations",
            "{evaluation}",
            "Evaluations, by feature_flag.result.reason."
        );
        _reconnects = _meter.CreateCounter<long>(
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

    /// <summary>Whether anybody wants to hear of evaluations.</summary>
    public bool IsHeard => _evaluations.Enabled || EvaluationEvent.Source.HasListeners();

    public void Evaluated<T>(string? flagKey, EvaluationContext? user, in FlagDetails<T> details, ClientRules? rules)
    {
        try
        {
            if (_evaluations.Enabled)
            {
                var flag = flagKey is null ? null : rules?.Compiled.Find(flagKey);
                var reason = EvaluationEvent.ReasonOf(details, flag);
                _evaluations.Add(1, new KeyValuePair<string, object?>("feature_flag.result.reason", reason));
            }
            if (flagKey is not null && EvaluationEvent.Source.HasListeners())
                EvaluationEvent.Record(flagKey, user, details, rules);
        }
        catch (Exception error)
        {
            Failed(error);
        }
    }

    public void Reconnecting()
    {
        try
        {
            _reconnects.Add(1);
        }
        catch (Exception error)
        {
            Failed(error);
        }
    }

    public void Dispose() => _meter.Dispose();

    // What is not known is not measured, rather than measured as 0.
    private static Measurement<T>[] Measured<T>(T? value)
        where T : struct => value is { } known ? [new Measurement<T>(known)] : [];

    private void Failed(Exception error)
    {
        if (Interlocked.Exchange(ref _failed, 1) == 0)
            LogFailed(error);
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Feature flags: what listens to the client's metrics or events has failed; this is said once"
    )]
    private partial void LogFailed(Exception error);
}
