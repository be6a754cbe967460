using FeatureFlags.BuildingBlocks.Outbox;
using Prometheus;

namespace FeatureFlags.BuildingBlocks.Persistence;

/// <summary>
/// Whether the database was reached and migrated since the process started, which work on it waits for, and whether
/// it can be reached now.
/// </summary>
public sealed class DatabaseStatus
{
    private static readonly Gauge Away = Metrics.CreateGauge(
        "database_away",
        "1 while the database can't be reached and answers come from memory, else 0."
    );

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _missed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _serving = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsReady => _ready.Task.IsCompletedSuccessfully;

    /// <summary>Evaluations can be answered without it: rules that were kept on disk are in memory.</summary>
    public bool HasStandIn { get; private set; }

    /// <summary>It is ready, or something stands in for it: the host has begun to answer.</summary>
    public bool IsServing => _serving.Task.IsCompleted;

    /// <summary>
    /// What is in memory may be behind: the latest look at the revisions failed, or not all could be followed, or the
    /// database was missed at the start and there was no look yet.
    /// </summary>
    public bool IsAway
    {
        get;
        internal set
        {
            field = value;
            Away.Set(value ? 1 : 0);
        }
    }

    public Task WhenReady(CancellationToken ct) => _ready.Task.WaitAsync(ct);

    public void SetReady()
    {
        _ready.TrySetResult();
        _serving.TrySetResult();
    }

    public void SetStandIn()
    {
        HasStandIn = true;
        _serving.TrySetResult();
    }

    /// <summary>Waits until the host <see cref="IsServing"/>, but no longer than <paramref name="atMost"/>.</summary>
    public Task WaitToServe(TimeSpan atMost, TimeProvider clock, CancellationToken ct) =>
        IsServing ? Task.CompletedTask : Pulse.Await(_serving.Task, atMost, clock, ct);

    /// <summary>Ends when the database could not be reached at the start.</summary>
    public Task WhenMissed(CancellationToken ct) => _missed.Task.WaitAsync(ct);

    public void SetMissed()
    {
        IsAway = true;
        _missed.TrySetResult();
    }
}
