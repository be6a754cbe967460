using FeatureFlags.FaultTests.Rig;
using FeatureFlags.Testing;

namespace FeatureFlags.FaultTests;

/// <summary>
/// The checker itself under test: where one of the mechanisms that keep the promises is taken out of the host, it has
/// to find what is wrong then, and nothing where all are in.
/// </summary>
internal sealed class ControlTests
{
    [TestCase(true, Category = "Short")]
    [TestCase(false)]
    [CancelAfter(180_000)]
    public async Task Without_the_transaction_around_change_and_outbox_the_checker_fails(bool sabotaged)
    {
        var run = Run.Begin();
        await using var installation = Installation.OnSqlite();
        await using var writers = Writers.Start(installation, run);
        var nth = run.Random.Next(20, 60);

        var doomed = await installation.StartDoomed(0, Sabotage.KillBeforeCommit(nth, lateOutbox: sabotaged));
        await Eventually.Holds(() => doomed.HasEnded, TimeSpan.FromSeconds(60));
        installation.Gone(0);
        await writers.Stop();
        await installation.Start(1);

        var findings = await new Checker(installation, writers.Ledger).Findings();
        Expect(findings, sabotaged, "revisions:", "row:");
    }

    [TestCase(true, Category = "Short")]
    [TestCase(false)]
    [CancelAfter(180_000)]
    public async Task With_revisions_from_a_sequence_a_reader_of_all_after_the_last_loses_changes(bool sabotaged)
    {
        var run = Run.Begin();
        await using var installation = await Installation.OnPostgres();
        await installation.Sql("CREATE SEQUENCE sabotage");
        await installation.Start(0, sabotaged ? Sabotage.Sequence : []);
        await using var follower = Follower.Start(installation, run);
        await using var writers = Writers.Start(installation, run);

        await writers.Begin(more: 300);
        await writers.Stop();

        var findings = await new Checker(installation, writers.Ledger) { Followers = [follower] }.Findings();
        Expect(findings, sabotaged, "stream:");
    }

    /// <summary>
    /// A host stands still in the middle of a delivery, for longer than its lease; another makes the delivery; the first
    /// wakes up and goes on. The audit log's key, which would refuse the second entry by itself, is taken away in both.
    /// </summary>
    [TestCase(true, Category = "Short")]
    [TestCase(false)]
    [CancelAfter(180_000)]
    public async Task Without_the_fencing_token_a_host_that_overslept_its_lease_audits_again(bool sabotaged)
    {
        var run = Run.Begin();
        await using var installation = await Installation.OnPostgres();
        var sleeper = await installation.Start(0, Sabotage.StopBeforeEnd(fenced: !sabotaged));
        await installation.Sql("ALTER TABLE audit_entries DROP CONSTRAINT pk_audit_entries");
        await using var writers = Writers.Start(installation, run, count: 1);
        await Eventually.Holds(() => sleeper.IsPaused, TimeSpan.FromSeconds(30));
        await writers.Stop();
        installation.Gone(0);

        await installation.Start(1, []);
        await Eventually.Holds(async () => await Audited(installation) > 0, TimeSpan.FromSeconds(30));
        sleeper.Resume();
        await Eventually.Holds(() => !sleeper.IsPaused);
        sleeper.Terminate();
        await sleeper.ExitCode();

        var findings = await new Checker(installation, writers.Ledger).Findings();
        Expect(findings, sabotaged, "audit:");
    }

    private static async Task<long> Audited(Installation installation) =>
        (await installation.Sql("SELECT count(*) FROM audit_entries", row => row.GetInt64(0)))[0];

    private static void Expect(IReadOnlyList<string> findings, bool sabotaged, params string[] kinds)
    {
        if (!sabotaged)
            Assert.That(findings, Is.Empty);
        foreach (var kind in sabotaged ? kinds : [])
            Assert.That(findings, Has.Some.StartsWith(kind), string.Join('\n', findings));
    }
}
