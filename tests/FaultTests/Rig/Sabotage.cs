namespace FeatureFlags.FaultTests.Rig;

/// <summary>
/// Settings that load the saboteur into a host, which is otherwise the one that is published: faults stand between it
/// and its database.
/// </summary>
internal static class Sabotage
{
    /// <summary>
    /// Is killed when the outbox's rows are written but not committed, for the n-th time; sabotaged, these are saved
    /// after the commit of the change.
    /// </summary>
    public static (string, string)[] KillBeforeCommit(int nth, bool lateOutbox) =>
        With(lateOutbox ? $"kill@BeforeCommit:{nth},late-outbox" : $"kill@BeforeCommit:{nth}");

    /// <summary>Takes revisions from a sequence, as an identity column would.</summary>
    public static (string, string)[] Sequence => With("sequence");

    /// <summary>Is killed when it comes to a moment of its work for the n-th time.</summary>
    public static (string, string)[] Kill(string moment, int nth) => With($"kill@{moment}:{nth}");

    /// <summary>Stops as by SIGSTOP when it comes to the end of a delivery to the audit, until it is resumed.</summary>
    public static (string, string)[] StopBeforeEnd(bool fenced) =>
        With(fenced ? "stop@BeforeEnd,no-limits" : "stop@BeforeEnd,no-limits,no-fence");

    /// <summary>Stops as by SIGSTOP with a change written and not committed, for the n-th time.</summary>
    public static (string, string)[] StopBeforeCommit(int nth) => With($"stop@BeforeCommit:{nth}");

    private static (string, string)[] With(string faults) =>
        [
            ("DOTNET_STARTUP_HOOKS", Path.Combine(AppContext.BaseDirectory, "FeatureFlags.Saboteur.dll")),
            ("FAULT", faults),
        ];
}
