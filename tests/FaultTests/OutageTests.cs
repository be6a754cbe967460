using FeatureFlags.FaultTests.Rig;
using FeatureFlags.Testing;

namespace FeatureFlags.FaultTests;

/// <summary>PostgreSQL goes away and comes back while clients write and evaluate.</summary>
internal sealed class OutageTests
{
    [Test, Category("Short"), CancelAfter(600_000)]
    public async Task Hosts_whose_database_crashes_and_recovers_keep_their_word()
    {
        var run = Run.Begin();
        await using var cluster = PostgresCluster.LaunchDurable();
        await using var installation = await Installation.OnPostgres(cluster);
        var crashes = Run.Times(full: 10, brief: 2);
        var counts = await Through(
            run,
            installation,
            hosts: 2,
            async writers =>
            {
                for (var crash = 0; crash < crashes; crash++)
                {
                    await writers.Begin(more: run.Random.Next(20, 150));
                    cluster.StopImmediate();
                    await writers.Begin(more: 20);
                    cluster.Start();
                }
            }
        );
        run.Report(new Dictionary<string, long>(counts) { ["crashes"] = crashes });
    }

    [Test, CancelAfter(600_000)]
    public async Task Hosts_whose_sessions_are_all_ended_keep_their_word()
    {
        var run = Run.Begin();
        await using var installation = await Installation.OnPostgres();
        var times = Run.Times(full: 20, brief: 5);
        var counts = await Through(
            run,
            installation,
            hosts: 2,
            async writers =>
            {
                for (var time = 0; time < times; time++)
                {
                    await writers.Begin(more: run.Random.Next(20, 100));
                    await installation.Sql(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND pid <> pg_backend_pid()
                        """
                    );
                }
            }
        );
        run.Report(new Dictionary<string, long>(counts) { ["times"] = times });
    }

    [Test, CancelAfter(600_000)]
    public async Task While_the_database_is_down_for_long_every_evaluation_is_answered()
    {
        var run = Run.Begin();
        await using var cluster = PostgresCluster.LaunchDurable();
        await using var installation = await Installation.OnPostgres(cluster);
        var down = TimeSpan.FromSeconds(Run.Times(full: 30, brief: 5));
        var answered = 0;
        var counts = await Through(
            run,
            installation,
            hosts: 2,
            async writers =>
            {
                await writers.Begin(more: 100);
                await Task.WhenAll(installation.Hosts.Select(host => Evaluate(installation, host)));
                cluster.StopImmediate();
                using var deadline = new CancellationTokenSource(down);
                while (!deadline.IsCancellationRequested)
                {
                    var answers = await Task.WhenAll(installation.Hosts.Select(host => Evaluate(installation, host)));
                    Assert.That(answers, Has.All.EqualTo(200));
                    answered += answers.Length;
                }
                cluster.Start();
            }
        );
        run.Report(new Dictionary<string, long>(counts) { ["evaluations"] = answered });
    }

    [Test, CancelAfter(600_000)]
    public async Task Hosts_that_do_not_notify_each_other_keep_their_word()
    {
        var run = Run.Begin();
        await using var installation = await Installation.OnPostgres();
        installation.With("Outbox__Notify", "false");
        var writes = Run.Times(full: 2_000, brief: 300);
        run.Report(await Through(run, installation, hosts: 3, writers => writers.Begin(writes)));
    }

    [Test, CancelAfter(600_000)]
    public async Task A_host_that_is_started_while_the_database_is_down_keeps_its_word(
        [Values("good", "damaged", "missing")] string files
    )
    {
        var run = Run.Begin();
        await using var cluster = PostgresCluster.LaunchDurable();
        await using var installation = await Installation.OnPostgres(cluster);
        var counts = await Through(
            run,
            installation,
            hosts: 2,
            async writers =>
            {
                await writers.Begin(more: 100);
                // A host keeps what it was asked for.
                await Task.WhenAll(installation.Hosts.Select(host => Evaluate(installation, host)));
                await Eventually.Holds(() => installation.LastKnownGood(place: 0).Any());
                await installation.Kill(0);
                cluster.StopImmediate();
                foreach (var file in installation.LastKnownGood(place: 0))
                    Spoil(file, files);

                var host = await installation.StartWithoutDatabase(0);
                var expected = files == "good" ? 200 : 503;
                await Eventually.Holds(async () => await Evaluate(installation, host) == expected);
                await writers.Begin(more: 20);
                Assert.That(await Evaluate(installation, host), Is.EqualTo(expected));
                cluster.Start();
                await host.Ready();
                Assert.That(await Evaluate(installation, host), Is.EqualTo(200));
            }
        );
        run.Report(counts);
    }

    private static void Spoil(string file, string how)
    {
        if (how == "missing")
            File.Delete(file);
        if (how != "damaged")
            return;
        var bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(file, bytes);
    }

    private static async Task<Dictionary<string, long>> Through(
        Run run,
        Installation installation,
        int hosts,
        Func<Writers, Task> trouble
    )
    {
        await installation.Start(hosts);
        await using var receiver = await Receiver.For(installation, new Endpoint("reliable") { Manner = Manners.Ok });
        await using var follower = Follower.Start(installation, run);
        await using var writers = Writers.Start(installation, run);
        await trouble(writers);
        await writers.Begin(more: 50);
        await writers.Stop();
        return await new Checker(installation, writers.Ledger) { Followers = [follower], Receiver = receiver }.Passes();
    }

    private static async Task<int> Evaluate(Installation installation, HostProcess host) =>
        (await installation.Ask(host, HttpMethod.Post, "/v1/evaluate/batch", new { user = new { id = "u1" } })).Status;
}
