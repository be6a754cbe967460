namespace FeatureFlags.ChangeFeed.Domain;

/// <summary>How an attempt went.</summary>
/// <param name="Error">What was wrong, for people; null after a success.</param>
/// <param name="Response">How the answer's body begins.</param>
/// <param name="RetryAfter">How long the receiver asks to be left alone.</param>
/// <param name="MayBeRepeated">The receiver has heard nothing: at once once more may do.</param>
internal sealed record AttemptResult(
    DateTimeOffset StartedAt,
    TimeSpan Duration,
    int? Status,
    string? Error,
    string? Response = null,
    TimeSpan? RetryAfter = null,
    bool MayBeRepeated = false
)
{
    private const int GoneStatus = 410;

    public bool IsSuccess => Error is null;

    /// <summary>The receiver wants nothing ever again.</summary>
    public bool IsGone => Status == GoneStatus;
}
