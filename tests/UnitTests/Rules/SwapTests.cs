using FeatureFlags.Rules;

namespace FeatureFlags.UnitTests.Rules;

/// <summary>Rules that are swapped while 16 threads evaluate them. A flag's version is the revision it was changed at.</summary>
public sealed class SwapTests
{
    private const int Readers = 16;
    private const int Revisions = 3_000;
    private const int Turns = 4;

    private static readonly string[] Followers = ["by-rule", "by-prerequisite", "by-segment", "by-follower"];

    private volatile Snapshot _current = First();

    private sealed record Snapshot(long Revision, RuleSet Rules);

    [Test]
    public async Task Every_answer_belongs_to_one_revision_and_no_thread_goes_back()
    {
        using var started = new Barrier(Readers + 1);
        var readers = Enumerable
            .Range(0, Readers)
            .Select(_ => Task.Factory.StartNew(() => Read(started), TaskCreationOptions.LongRunning))
            .ToArray();

        started.SignalAndWait();
        for (var revision = 1L; revision <= Revisions; revision++)
            _current = new Snapshot(revision, _current.Rules.With(new RuleSetChange { Flags = [Base(revision)] }));

        var seen = await Task.WhenAll(readers);
        Assert.That(seen.Sum(), Is.GreaterThan(Readers * 2), "the rules were swapped while they were read");
    }

    /// <returns>How many revisions were seen.</returns>
    private int Read(Barrier started)
    {
        var user = Given.User("u");
        var last = -1L;
        var seen = 0;
        started.SignalAndWait();
        while (last < Revisions)
        {
            var (revision, rules) = _current;
            if (revision < last)
                throw new InvalidOperationException($"revision {revision} came after {last}");
            seen += revision == last ? 0 : 1;
            last = revision;

            var expected = VariantAt(revision);
            if (rules.Find("base")!.Version != revision)
                throw new InvalidOperationException($"revision {revision} holds that of {rules.Find("base")!.Version}");
            foreach (var flag in rules.Flags)
            {
                var answer = flag.Evaluate(user);
                var explained = flag.Explain(user);
                if (answer.Variant != expected || explained.Variant != expected)
                    throw new InvalidOperationException(
                        $"{flag.Key} gives {answer.Variant} and explains {explained.Variant} at revision {revision}, where all give {expected}"
                    );
            }
        }
        return seen;
    }

    private static Snapshot First() =>
        new(
            0,
            RuleSet
                .Empty(Given.Tenant)
                .With(
                    new RuleSetChange
                    {
                        Flags =
                        [
                            Base(0),
                            .. Followers.Select(key =>
                                Given.Flag(
                                    key,
                                    $"{{'state': 'on', {Variants("none")}, {Required(key)}'rules': [{Each(turn => $"{{'id': 'r{turn}', 'order': {turn}, 'when': {When(key, turn)}, 'rollout': {{'variant': 'v{turn}'}}}}")}]}}"
                                )
                            ),
                        ],
                        Segments =
                        [
                            .. Enumerable
                                .Range(0, Turns)
                                .Select(turn =>
                                    Given.Segment($"s{turn}", $"{{'flag': {{'key': 'base', 'variant': 'v{turn}'}}}}")
                                ),
                        ],
                    }
                )
        );

    /// <summary>The one flag that is changed. All others give the variant that it gives.</summary>
    private static FlagDefinition Base(long revision) =>
        Given.Flag("base", $"{{'state': 'on', {Variants(VariantAt(revision))}}}") with
        {
            Version = revision,
        };

    private static string VariantAt(long revision) => $"v{revision % Turns}";

    private static string Variants(string only) =>
        $"'variants': [{Each(turn => $"{{'key': 'v{turn}', 'weight': {($"v{turn}" == only ? 1 : 0)}}}")}, {{'key': 'none', 'weight': {(only == "none" ? 1 : 0)}}}]";

    private static string Required(string key) =>
        key == "by-prerequisite"
            ? $"'prerequisites': [{{'key': 'base', 'variant': [{Each(turn => $"'v{turn}'")}]}}], "
            : "";

    private static string When(string key, int turn) =>
        key switch
        {
            "by-segment" => $"{{'segment': 's{turn}'}}",
            "by-follower" => $"{{'flag': {{'key': 'by-segment', 'variant': 'v{turn}'}}}}",
            _ => $"{{'flag': {{'key': 'base', 'variant': 'v{turn}'}}}}",
        };

    private static string Each(Func<int, string> write) => string.Join(", ", Enumerable.Range(0, Turns).Select(write));
}
