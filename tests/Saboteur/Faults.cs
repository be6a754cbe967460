using System.Globalization;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace FeatureFlags.Saboteur;

/// <summary>What can be asked for, by name.</summary>
internal static class Faults
{
    /// <param name="asked">
    /// One or more, with commas between: <c>late-outbox</c>, <c>sequence</c>, <c>no-fence</c>, <c>no-limits</c>,
    /// or <c>SIGNAL@MOMENT</c>, or <c>SIGNAL@MOMENT:N</c> for the N-th time it comes, with the signals <c>kill</c> and
    /// <c>stop</c> and the moments of <see cref="Moment"/>.
    /// </param>
    public static IEnumerable<Type> Of(string asked)
    {
        foreach (var fault in asked.Split(','))
        {
            if (fault.Split('@', ':') is [var signal, var moment, .. var times])
            {
                Strike.At = Enum.Parse<Moment>(moment, ignoreCase: true);
                Strike.Signal = signal;
                Strike.Countdown = times is [var n] ? int.Parse(n, CultureInfo.InvariantCulture) : 1;
                yield return typeof(Strike.AtCommands);
                yield return typeof(Strike.AtCommits);
            }
            else if (fault == "late-outbox")
            {
                yield return typeof(LateOutbox);
                yield return typeof(LateOutbox.AfterCommit);
            }
            else
                yield return fault switch
                {
                    "sequence" => typeof(Sequence),
                    "no-fence" => typeof(NoFence),
                    "no-limits" => typeof(NoLimits),
                    _ => throw new ArgumentException($"There is no fault '{fault}'."),
                };
        }
    }
}
