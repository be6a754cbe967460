namespace FeatureFlags.ArchitectureTests;

/// <summary>
/// A rule is a function from what it looks at to what it finds wrong, one line each. The tests ask it twice: about the
/// code, where it must find nothing, and about <c>Violations</c>, where it must find what was put there.
/// </summary>
internal static class Findings
{
    /// <summary>What the rule finds in each. A rule that is given nothing to look at says so: it would hold for ever.</summary>
    public static IReadOnlyList<string> In<T>(IReadOnlyCollection<T> subjects, Func<T, IEnumerable<string>> rule) =>
        subjects.Count == 0 ? [NothingToLookAt] : [.. subjects.SelectMany(rule)];

    public const string NothingToLookAt = "There is nothing to look at.";
}
