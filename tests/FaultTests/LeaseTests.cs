using FeatureFlags.FaultTests.Rig;

namespace FeatureFlags.FaultTests;

/// <summary>Hosts that do not die, but stand still for longer than their leases last.</summary>
internal sealed class LeaseTests
{
    private static readonly TimeSpan LongerThanALease = TimeSpan.FromSeconds(3);

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
}
