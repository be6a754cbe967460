using FeatureFlags.FaultTests.Rig;

namespace FeatureFlags.FaultTests;

/// <summary>The host is killed, again and again, at moments nobody chose.</summary>
internal sealed class KillTests
{
    [Test, Category("Short"), CancelAfter(900_000)]
    public async Task A_host_on_sqlite_that_is_killed_at_any_moment_keeps_its_word()
    {
        var run = Run.Begin();
        await using var installation = Installation.OnSqlite();
        await installation.Start(1);
        await using var receiver = await Receiver.For(
            installation,
            new Endpoint("reliable") { Manner = Manners.Ok },
            new Endpoint("flaky") { Manner = Manners.Failing(run, share: 0.3) }
        );
        await using var writers = Writers.Start(installation, run);
        await using var follower = Follower.Start(installation, run);

        var kills = Run.Times(full: 50, brief: 5);
        for (var kill = 0; kill < kills; kill++)
        {
            await AMoment(writers, run);
            await installation.Kill(0);
            await installation.Start(1);
        }
        await writers.Begin(more: 50);
        await writers.Stop();

        var checker = new Checker(installation, writers.Ledger) { Followers = [follower], Receiver = receiver };
        var counts = await checker.Passes();
        run.Report(new Dictionary<string, long>(counts) { ["kills"] = kills });
    }

    [Test, Category("Short"), CancelAfter(900_000)]
    public async Task Three_hosts_on_postgresql_of_which_one_after_another_is_killed_keep_their_word()
    {
        var run = Run.Begin();
        await using var installation = await Installation.OnPostgres();
        await installation.Start(3);
        await using var receiver = await Receiver.For(
            installation,
            new Endpoint("reliable") { Manner = Manners.Ok },
            new Endpoint("flaky") { Manner = Manners.Failing(run, share: 0.3) }
        );
        await using var writers = Writers.Start(installation, run);
        await using var follower = Follower.Start(installation, run);

        var kills = Run.Times(full: 50, brief: 5);
        for (var kill = 0; kill < kills; kill++)
        {
            await AMoment(writers, run);
            var place = run.Random.Next(3);
            await installation.Kill(place);
            await installation.Start(place, []);
        }
        await writers.Begin(more: 50);
        await writers.Stop();

        var checker = new Checker(installation, writers.Ledger) { Followers = [follower], Receiver = receiver };
        var counts = await checker.Passes();
        run.Report(new Dictionary<string, long>(counts) { ["kills"] = kills });
    }

    /// <summary>After some writes, somewhere within the next ones.</summary>
    private static async Task AMoment(Writers writers, Run run)
    {
        await writers.Begin(more: run.Random.Next(10, 150));
        await Task.Delay(run.Random.Next(20));
    }
}
