namespace FeatureFlags.BuildingBlocks.Outbox;

/// <summary>Bound to the <c>Outbox__*</c> settings by name.</summary>
public sealed class OutboxOptions
{
    /// <summary>How often due deliveries are looked for when no signal came.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often the revisions of all scopes are read to learn of other nodes' writes.</summary>
    public TimeSpan RevisionPoll { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>How long a claim lasts unless it is renewed; at most 10 s, so that orphaned work resumes within 15 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The wait before the second attempt; it doubles with each one, up to <see cref="MaxBackoff"/>.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Attempts before a delivery becomes a dead letter.</summary>
    public int MaxAttempts { get; init; } = 10;

    /// <summary>How long fully delivered messages are kept for streams to resume from.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How often messages past their retention are looked for.</summary>
    public TimeSpan RetentionPoll { get; init; } = TimeSpan.FromMinutes(10);

    internal IEnumerable<TimeSpan> Durations =>
        [Poll, RevisionPoll, Lease, FirstBackoff, MaxBackoff, Retention, RetentionPoll];

    /// <summary>
    /// The wait before the next attempt: exponential, of which a random half is taken off, so that deliveries which
    /// failed together don't come back together.
    /// </summary>
    internal TimeSpan BackoffAfter(int attempts, Random random)
    {
        var full = Math.Min(MaxBackoff.TotalMilliseconds, FirstBackoff.TotalMilliseconds * Math.Pow(2, attempts - 1));
        return TimeSpan.FromMilliseconds(full * (0.5 + random.NextDouble() / 2));
    }
}
