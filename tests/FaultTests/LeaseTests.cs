using FeatureFlags.FaultTests.Rig;
using FeatureFlags.Testing;

namespace FeatureFlags.FaultTests;

/// <summary>Hosts that do not die, but stand still for longer than their leases last.</summary>
internal sealed class LeaseTests
{
    private static readonly TimeSpan LongerThanALease = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan UntilOthersWrite = TimeSpan.FromSeconds(20);

    [Test, CancelAfter(900_000)]
    public async Task Four_hosts_on_five_flags_of_which_one_after_another_stands_still_keep_their_word()
    {
        var run = Run.Begin();
        await using var installation = await Installation.OnPostgres();
        await installation.Start(4);
        await using var receiver = await Receiver.For(
            installation,
            new Endpoint("reliable") { Manner = Manners.Ok },
            new Endpoint("flaky") { Manner = Manners.Failing(run, share: 0.3) }
        );
        await using var follower = Follower.Start(installation, run);
        await using var writers = Writers.Start(installation, run, flags: 5);

        var pauses = Run.Times(full: 20, brief: 3);
        for (var pause = 0; pause < pauses; pause++)
        {
            await writers.Begin(more: run.Random.Next(20, 100));
            var host = installation.Hosts[run.Random.Next(4)];
            host.Pause();
            await Task.Delay(LongerThanALease);
            host.Resume();
        }
        await writers.Begin(more: 50);
        await writers.Stop();

        var counts = await new Checker(installation, writers.Ledger)
        {
            Followers = [follower],
            Receiver = receiver,
        }.Passes();
        run.Report(new Dictionary<string, long>(counts) { ["pauses"] = pauses });
    }

    [Test, CancelAfter(300_000)]
    public async Task A_host_that_stands_still_in_the_middle_of_a_write_holds_up_the_others_for_seconds_only()
    {
        var run = Run.Begin();
        await using var installation = await Installation.OnPostgres();
        var sleeper = await installation.Start(0, Sabotage.StopBeforeCommit(nth: run.Random.Next(5, 30)));
        await using var writers = Writers.Start(installation, run);
        await Eventually.Holds(() => sleeper.IsPaused, TimeSpan.FromSeconds(30));
        installation.Gone(0);
        await installation.Start(1, []);

        var before = Acknowledged(writers);
        await Eventually.Holds(() => Acknowledged(writers) > before + 20, UntilOthersWrite);
        sleeper.Resume();
        await writers.Begin(more: 50);
        await writers.Stop();

        run.Report(await new Checker(installation, writers.Ledger).Passes());
    }

    private static int Acknowledged(Writers writers) =>
        writers.Ledger.Count(write => write.Outcome == Outcome.Acknowledged);
}
