namespace FeatureFlags.FaultTests.Rig;

internal enum Outcome
{
    /// <summary>No answer, or a 5xx: it happened wholly, or not at all.</summary>
    Unknown,

    /// <summary>A 2xx: it happened, for good.</summary>
    Acknowledged,

    /// <summary>A 4xx: it did not happen.</summary>
    Refused,
}

/// <summary>A write that somebody meant to make. It is noted before it is sent, and again when it is over.</summary>
/// <param name="Marker">Sent as the request's id, which the outbox and the audit log keep.</param>
/// <param name="Begun">When, by <see cref="TimeProvider.GetTimestamp"/>.</param>
internal sealed record Write(string Marker, string Flag, string Kind, long Begun)
{
    public Outcome Outcome { get; private set; }

    /// <summary>The flag's version that was answered; null where the answer has none.</summary>
    public long? Version { get; private set; }

    /// <summary>When the answer was there; <see cref="long.MaxValue"/> as long as none is.</summary>
    public long Ended { get; private set; } = long.MaxValue;

    /// <summary>Of the answer; null where there was none.</summary>
    public int? Status { get; private set; }

    public void Answered(int status, long? version, long now)
    {
        (Status, Version, Ended) = (status, version, now);
        Outcome = status switch
        {
            < 300 => Outcome.Acknowledged,
            < 500 => Outcome.Refused,
            _ => Outcome.Unknown,
        };
    }
}
