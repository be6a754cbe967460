using System.Globalization;
using FeatureFlags.BuildingBlocks;

namespace FeatureFlags.ChangeFeed.Domain;

/// <summary>When a delivery is tried, and tried again.</summary>
/// <param name="Waits">Before each attempt, counted from the event or from the attempt before.</param>
internal sealed record WebhookSchedule(IReadOnlyList<TimeSpan> Waits)
{
    private const string Setting = "WEBHOOKS_SCHEDULE";
    private const int MaxAttempts = 30;
    private const double Jitter = 0.2;

    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    /// <summary>Ten attempts over three days and a quarter.</summary>
    private static readonly WebhookSchedule Default = new([
        TimeSpan.Zero,
        TimeSpan.FromSeconds(5),
        TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(2),
        TimeSpan.FromHours(5),
        TimeSpan.FromHours(10),
        TimeSpan.FromHours(14),
        TimeSpan.FromHours(20),
        TimeSpan.FromHours(24),
    ]);

    /// <exception cref="ConfigurationException">Not 1 to 30 numbers of seconds from 0 to 86,400.</exception>
    public static WebhookSchedule Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return Default;

        var waits = text.Split(',').Select(Seconds).ToList();
        if (waits.Count > MaxAttempts || waits.Contains(null))
            throw new ConfigurationException(
                $"{Setting} must be 1 to {MaxAttempts} numbers of seconds from 0 to {LongestWait.TotalSeconds:0}, "
                    + "with commas between them, for example 0,5,300,1800."
            );
        return new WebhookSchedule([.. waits.Select(w => w!.Value)]);
    }

    /// <summary>Whether so many attempts are all.</summary>
    public bool IsOver(int attempts) => attempts >= Waits.Count;

    /// <summary>
    /// The wait after so many attempts: the schedule's, longer by a random part of up to a fifth, so that what failed
    /// together does not come back together; or what the receiver asks for if that is longer, but at most a day.
    /// </summary>
    public TimeSpan WaitAfter(int attempts, TimeSpan? retryAfter, Random random)
    {
        var planned = Waits[attempts] * (1 + Jitter * random.NextDouble());
        var asked = retryAfter ?? TimeSpan.Zero;
        if (asked > LongestWait)
            asked = LongestWait;
        return asked > planned ? asked : planned;
    }

    private static TimeSpan? Seconds(string text) =>
        double.TryParse(text.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
        && seconds >= 0
        && seconds <= LongestWait.TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : null;
}
