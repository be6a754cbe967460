using FeatureFlags.FaultTests.Rig;
using FeatureFlags.Testing;

namespace FeatureFlags.FaultTests;

/// <summary>The host dies at a moment that was chosen for being the worst.</summary>
internal sealed class CrashPointTests
{
    [TestCase("BeforeCommit")]
    [TestCase("AfterCommit")]
    [TestCase("AfterClaim")]
    [TestCase("BeforeEnd")]
    [TestCase("BeforeEndCommit", Category = "Short")]
    [TestCase("AfterEndCommit")]
    [TestCase("BeforeMarkCommit", Category = "Short")]
    [TestCase("AfterMarkCommit")]
    [CancelAfter(300_000)]
    public async Task A_host_that_dies_there_keeps_its_word(string moment)
    {
        var run = Run.Begin();
        await using var installation = Installation.OnSqlite();
        await installation.Start(1);
        await using var receiver = await Receiver.For(installation, new Endpoint("reliable") { Manner = Manners.Ok });
        await using var follower = Follower.Start(installation, run);
        await installation.Kill(0);

        var deaths = Run.Times(full: 5, brief: 2);
        await using var writers = Writers.Start(installation, run);
        for (var death = 0; death < deaths; death++)
        {
            var doomed = await installation.StartDoomed(0, Sabotage.Kill(moment, nth: run.Random.Next(2, 30)));
            await Eventually.Holds(() => doomed.HasEnded, TimeSpan.FromSeconds(60));
            installation.Gone(0);
        }
        await installation.Start(1);
        await writers.Begin(more: 30);
        await writers.Stop();

        var checker = new Checker(installation, writers.Ledger) { Followers = [follower], Receiver = receiver };
        var counts = await checker.Passes();
        run.Report(new Dictionary<string, long>(counts) { ["kills"] = deaths });
    }

    [Test, CancelAfter(300_000)]
    public async Task A_host_that_dies_between_a_delivery_and_its_answer_delivers_again([Values] bool afterwards)
    {
        var run = Run.Begin();
        await using var installation = Installation.OnSqlite();
        await installation.Start(1);
        var endpoint = new Endpoint("reliable") { Manner = Manners.Ok };
        await using var receiver = await Receiver.For(installation, endpoint);
        await using var writers = Writers.Start(installation, run);

        var deaths = Run.Times(full: 10, brief: 2);
        for (var death = 0; death < deaths; death++)
        {
            var killed = new TaskCompletionSource();
            var countdown = run.Random.Next(2, 20);
            endpoint.Manner = async context =>
            {
                if (Interlocked.Decrement(ref countdown) != 0)
                    return await Manners.Ok(context);
                if (afterwards)
                    await context.Response.CompleteAsync();
                await installation.Kill(0);
                killed.SetResult();
                return afterwards;
            };
            await killed.Task.WaitAsync(TimeSpan.FromSeconds(60));
            await installation.Start(1);
        }
        endpoint.Manner = Manners.Ok;
        await writers.Begin(more: 30);
        await writers.Stop();

        var counts = await new Checker(installation, writers.Ledger) { Receiver = receiver }.Passes();
        Assert.That(counts["repeated"], Is.Positive);
        run.Report(new Dictionary<string, long>(counts) { ["kills"] = deaths });
    }
}
