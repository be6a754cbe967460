namespace FeatureFlags.ArchitectureTests;

internal sealed class DocumentTests
{
    private const int ProgramLines = 60;

    [Test]
    public void The_host_is_put_together_on_one_page() =>
        Assert.That(
            DocumentRules.TooLong("Program.cs", SourceTree.Read("src", "Host", "Program.cs"), ProgramLines),
            Is.Empty
        );

    [Test]
    public void A_text_that_is_too_long_is_reported() =>
        Assert.That(
            DocumentRules.TooLong("Program.cs", string.Concat(Enumerable.Repeat("line\n", 60)), ProgramLines),
            Is.EqualTo(["Program.cs has 60 lines, and 60 are too many"])
        );

    [Test]
    public void Every_decision_has_its_five_parts_on_half_a_page() =>
        Assert.That(
            DocumentRules.IncompleteDecisions([
                .. Directory
                    .EnumerateFiles(SourceTree.In("adr"), "*.md")
                    .Select(file => (Path.GetFileName(file), File.ReadAllText(file))),
            ]),
            Is.Empty
        );

    [Test]
    public void A_decision_without_its_parts_is_reported() =>
        Assert.That(
            DocumentRules.IncompleteDecisions([("0007-buckets.md", "# 6. Buckets\n\n**Context.** None.\n")]),
            Is.EqualTo([
                "0007-buckets.md does not begin with '# 7. '",
                "0007-buckets.md has not the parts Context, Options, Decision, Consequences, Enforced by, in this order",
            ])
        );
}
