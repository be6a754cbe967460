namespace FeatureFlags.BuildingBlocks;

public static class Clock
{
    /// <summary>
    /// The present to the millisecond, which is what the database keeps: an answer shows the same time before and
    /// after it is stored.
    /// </summary>
    public static DateTimeOffset Now(this TimeProvider clock) =>
        DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
}
