namespace FeatureFlags.BuildingBlocks.Outbox;

/// <summary>Bound to the configuration's section <c>Outbox</c> (environment: <c>Outbox__Poll</c>, …).</summary>
public sealed class OutboxOptions
{
    /// <summary>How often due deliveries are looked for when no signal came.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often the revisions of all scopes are read to learn of other nodes' writes.</summary>
    public TimeSpan RevisionPoll { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>
    /// Whether hosts on one PostgreSQL tell each other at once that they have committed (LISTEN/NOTIFY). Without it
    /// they find out at the next look at the revisions.
    /// </summary>
    public bool Notify { get; init; } = true;

    /// <summary>How long a claim lasts unless it is renewed; at most 10 s, so that orphaned work resumes within 15 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a subscriber may work on one message before it is cut off, which counts as a failure.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The wait before the second attempt; it doubles with each one, up to <see cref="MaxBackoff"/>.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Attempts before a delivery becomes a dead letter.</summary>
    public int MaxAttempts { get; init; } = 10;

    /// <summary>How long fully delivered messages are kept for streams to resume from; zero: not at all.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How often messages past their retention are looked for.</summary>
    public TimeSpan RetentionPoll { get; init; } = TimeSpan.FromMinutes(10);

    internal IEnumerable<TimeSpan> Waits =>
        [Poll, RevisionPoll, Lease, Timeout, FirstBackoff, MaxBackoff, RetentionPoll];

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
