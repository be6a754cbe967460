using FeatureFlags.Rules;
using Prometheus;

namespace FeatureFlags.Evaluation;

internal static class EvaluationMetrics
{
    private static readonly Counter Evaluations = Metrics.CreateCounter(
        "evaluations_total",
        "Flags evaluated for callers, by the reason of the answer.",
        "reason"
    );

    // One child per reason, found by its number: counting looks nothing up.
    private static readonly Counter.Child[] ByReason =
    [
        .. Enum.GetValues<Reason>()
            .Select(r => Evaluations.WithLabels(System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName($"{r}"))),
    ];

    public static void Count(Reason reason) => ByReason[(int)reason].Inc();

    /// <summary>One count per reason, for <see cref="Count(ReadOnlySpan{int})"/>.</summary>
    public static int[] Tally() => new int[ByReason.Length];

    /// <summary>Counts many evaluations at once.</summary>
    public static void Count(ReadOnlySpan<int> tally)
    {
        for (var i = 0; i < tally.Length; i++)
        {
            if (tally[i] > 0)
                ByReason[i].Inc(tally[i]);
        }
    }
}
