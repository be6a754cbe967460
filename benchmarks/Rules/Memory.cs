using FeatureFlags.Rules;

namespace FeatureFlags.Benchmarks.Rules;

/// <summary>What compiled rules and segments hold on to, in bytes; exact, so it needs no repetition.</summary>
internal static class Memory
{
    private const int Flags = 10_000;
    private const int Members = 1_000_000;

    /// <summary>Bytes of each thing by its name.</summary>
    public static IReadOnlyList<(string Held, double Bytes)> Measure() =>
        [
            ("A flag that is on or off", PerFlag(Sample.On)),
            ("A flag of three clauses, a percentage and a split", PerFlag(Sample.ThreeClauses)),
            ("A flag of 50 rules", PerFlag(Sample.RulesOfWhichTheLastHolds(50))),
            ("A segment's member, id of 13 characters", PerMember(Sample.MemberId)),
            ("A segment's member, id of 36 characters", PerMember(i => $"{i:D8}-0000-4000-8000-000000000000")),
        ];

    private static double PerFlag(string body) =>
        HeldBy(() => Sample.RuleSet([.. Enumerable.Range(0, Flags).Select(i => Sample.Flag(Sample.FlagKey(i), body))]))
        / Flags;

    private static double PerMember(Func<int, string> id) =>
        HeldBy(() => MemberSet.Of(Enumerable.Range(0, Members).Select(id))) / Members;

    private static double HeldBy(Func<object> create)
    {
        // What is kept for ever after a first time is not this one's.
        create();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var held = create();
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(held);
        return bytes;
    }
}
