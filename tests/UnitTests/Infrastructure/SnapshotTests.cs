using System.Text.RegularExpressions;
using FeatureFlags.Testing;

namespace FeatureFlags.UnitTests.Infrastructure;

/// <summary>All but the first two tests keep their snapshots in a temporary folder.</summary>
internal sealed class SnapshotTests
{
    private DirectoryInfo _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("snapshots");

    [TearDown]
    public void DeleteFolder() => _folder.Delete(recursive: true);

    [Test]
    public Task Json_is_indented_with_members_and_numbers_as_given() =>
        Snapshot.VerifyJson("""{"b":[1.50,{"text":"a+b <ü>"}],"a":null}""");

    [Test]
    public Task Ids_and_times_are_numbered_in_order_of_appearance([Values("text")] string kind) =>
        Snapshot.Verify(
            $"""
            {kind} 0f8fad5b-d9cb-469f-a165-70867728950e at 2025-01-01T00:00:00.123Z
            {kind} 7c9e6679-7425-40de-944b-e07fc1f90ae7 at 2025-01-02T00:00:00+01:00
            {kind} 0F8FAD5B-D9CB-469F-A165-70867728950E at 2025-01-01T00:00:00.123Z
            """
        );

    [Test]
    public void A_snapshot_nobody_agreed_to_fails_and_leaves_what_was_received()
    {
        var failure = Assert.ThrowsAsync<AssertionException>(() => Verify("fig"));

        Assert.That(failure.Message, Does.Contain("Nothing was agreed yet"));
        Assert.That(Files(), Is.EqualTo([Named("received")]));
    }

    [Test]
    public async Task A_different_snapshot_fails_and_shows_the_first_line_that_differs()
    {
        await Verify("fig\nplum", accepting: true);

        var failure = Assert.ThrowsAsync<AssertionException>(() => Verify("fig\npear"));

        Assert.That(failure.Message, Does.Contain("Line 2 differs").And.Contain("plum").And.Contain("pear"));
        Assert.That(Files(), Is.EqualTo([Named("received"), Named("verified")]));
    }

    [Test]
    public async Task Accepting_agrees_to_what_was_received_and_clears_it_away()
    {
        Assert.ThrowsAsync<AssertionException>(() => Verify("fig"));

        await Verify("fig", accepting: true);
        await Verify("fig");

        Assert.That(Files(), Is.EqualTo([Named("verified")]));
    }

    [TestCase("1", null, ExpectedResult = true)]
    [TestCase("1", "", ExpectedResult = true)]
    [TestCase("1", "true", ExpectedResult = false)]
    [TestCase("1", "1", ExpectedResult = false)]
    [TestCase(null, null, ExpectedResult = false)]
    [TestCase("0", null, ExpectedResult = false)]
    public bool Only_a_person_accepts(string? accept, string? ci) => Snapshot.MayAccept(accept, ci);

    [Test]
    public async Task Line_ends_do_not_matter()
    {
        await Verify("fig\r\nplum\r\n", accepting: true);

        await Verify("fig\nplum");
    }

    [TestCase("sqlite", 1)]
    [TestCase("a/b", null)]
    public async Task Arguments_are_part_of_the_name(string engine, int? size)
    {
        await Verify("fig", accepting: true);

        var written = engine == "sqlite" ? "engine=sqlite_size=1" : "engine=a-b_size=null";
        Assert.That(Files(), Is.EqualTo([$"{Named(written)}.verified.txt"]));

        string Named(string arguments) =>
            $"{nameof(SnapshotTests)}.{nameof(Arguments_are_part_of_the_name)}_{arguments}";
    }

    [TestCase("sqlite")]
    [TestCase("postgresql")]
    public async Task A_parameter_that_must_not_matter_is_left_out_of_the_name(string engine)
    {
        Assert.That(engine, Is.Not.Empty);

        await Verify("fig", SnapshotSettings.Default.IgnoreParameters("engine"), accepting: true);

        Assert.That(Files(), Is.EqualTo([Named("verified")]));
    }

    [Test]
    public async Task A_suite_scrubs_what_else_changes_from_run_to_run()
    {
        var settings = SnapshotSettings.Default.Scrub(
            "Ulid",
            new Regex("\\b[0-9A-Z]{26}\\b", RegexOptions.NonBacktracking)
        );

        await Verify("01ARZ3NDEKTSV4RRFFQ69G5FAV, 01BX5ZZKBKACTAV9WEVGEMMVRZ", settings, accepting: true);

        await Verify("Ulid_1, Ulid_2");
    }

    private string Named(string state) =>
        $"{nameof(SnapshotTests)}.{TestContext.CurrentContext.Test.MethodName}.{state}.txt";

    private string[] Files() => [.. _folder.GetFiles().Select(file => file.Name).Order(StringComparer.Ordinal)];

    private Task Verify(string text, SnapshotSettings? settings = null, bool accepting = false) =>
        Snapshot.Verify(
            text,
            "txt",
            settings ?? SnapshotSettings.Default,
            Path.Combine(_folder.FullName, "Tests.cs"),
            accepting
        );
}
