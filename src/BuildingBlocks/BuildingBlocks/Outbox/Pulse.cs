namespace FeatureFlags.BuildingBlocks.Outbox;

/// <summary>
/// A signal to everyone who waits now. Take <see cref="Next"/> before looking for work and await it after: a beat in
/// between is not lost. A hint only: whoever waits also polls.
/// </summary>
public sealed class Pulse
{
    private TaskCompletionSource _next = New();

    public Task Next => Volatile.Read(ref _next).Task;

    public void Beat() => Interlocked.Exchange(ref _next, New()).TrySetResult();

    /// <summary>Waits for <paramref name="beat"/>, but no longer than <paramref name="atMost"/>.</summary>
    public static async Task Await(Task beat, TimeSpan atMost, TimeProvider clock, CancellationToken ct)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await Task.WhenAny(beat, Task.Delay(atMost, clock, waiting.Token));
        await waiting.CancelAsync();
        ct.ThrowIfCancellationRequested();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Beats when something was committed: there may be deliveries to make.</summary>
public sealed class CommitPulse
{
    public Pulse Pulse { get; } = new();
}

/// <summary>Beats when another host says that it has committed: the revisions are looked at before their time.</summary>
public sealed class RevisionHint
{
    public Pulse Pulse { get; } = new();
}

/// <summary>Beats when a delivery was made: who waits for a subscriber may look again.</summary>
internal sealed class DeliveryPulse
{
    public Pulse Pulse { get; } = new();
}
