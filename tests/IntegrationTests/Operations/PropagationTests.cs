using FeatureFlags.IntegrationTests.ChangeFeed;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Operations;

/// <summary>How long a change takes to another host: two processes on one PostgreSQL.</summary>
[Explicit("Prints figures, which mean something on an idle machine only.")]
internal sealed class PropagationTests
{
    private const int Changes = 100;

    [Test]
    public async Task From_the_answer_to_the_event_and_the_evaluation_elsewhere([Values] bool notify)
    {
        await using var installation = await Installation.On(Engine.Postgres);
        installation.With("Outbox__Notify", $"{notify}");
        var hosts = await Task.WhenAll(installation.Run(), installation.Run());
        var here = await hosts[0].Tenant("acme");
        var there = here.At(hosts[1].Http);
        await here.PostFlag(Sample.Flag("checkout"));
        await Eventually.Holds(async () => (await there.Evaluate("checkout", "u")).At("version") == "1");
        await using var stream = await there.Events();
        await stream.UpToHeartbeat();
        var clock = TimeProvider.System;
        var random = new Random(1);
        List<double> told = [];
        List<double> evaluated = [];

        for (var version = 2; version < Changes + 2; version++)
        {
            // At any moment between two looks at the revisions.
            await Task.Delay(random.Next(0, 400));
            Assert.That(
                (await here.PatchFlag("checkout", new { description = $"{version}" })).At("version"),
                Is.EqualTo($"{version}")
            );
            var answered = clock.GetTimestamp();
            var telling = Told();
            while ((await there.Evaluate("checkout", "u")).At("version") != $"{version}")
                await Task.Delay(1);
            evaluated.Add(clock.GetElapsedTime(answered).TotalMilliseconds);
            await telling;

            async Task Told()
            {
                await stream.Events(1);
                told.Add(clock.GetElapsedTime(answered).TotalMilliseconds);
            }
        }

        foreach (var (what, times) in new[] { ("event", told), ("evaluation", evaluated) })
        {
            times.Sort();
            await TestContext.Out.WriteLineAsync(
                $"notify {notify}, {what}: p50 {times[Changes / 2]:0.0} ms, p99 {times[Changes * 99 / 100]:0.0} ms, min {times[0]:0.0} ms"
            );
        }
    }
}
