using System.Text.Json;
using FeatureFlags.Client;
using FeatureFlags.IntegrationTests.Operations;
using FeatureFlags.IntegrationTests.Security;
using FeatureFlags.Rules;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Sdk;

/// <summary>The .NET SDK against the service itself.</summary>
internal sealed class DotNetClientTests
{
    [Test]
    public async Task It_answers_as_the_service_does([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostSegment(
            new
            {
                key = "insiders",
                criteria = new { percentage = 30 },
                included = new[] { "user-1", "user-2" },
                excluded = new[] { "user-3" },
            }
        );
        await acme.PostFlag(
            Sample.Flag(
                "checkout",
                Sample.Rule("insiders", new { segment = "insiders" }),
                Sample.Rule("plan", new { attr = new { plan = new { starts_with = "pr" } }, percentage = 50 }, order: 2)
            )
        );
        await using var client = Follow(await acme.ServerKey(acme.Service.Http));
        Assert.That(await client.WaitForReadyAsync(TimeSpan.FromSeconds(30)), Is.True);

        for (var i = 0; i < 60; i++)
        {
            var (id, plan) = ($"user-{i}", i % 2 == 0 ? "pro" : "free");
            var user = EvaluationContext.For(id).Set("plan", plan).Build();
            var details = client.GetBooleanDetails("checkout", user, false);
            var answer = await acme.Evaluate("checkout", id, new { plan });

            Assert.That(
                (details.Variant, JsonSerializer.Serialize(details.Reason), details.RuleId, $"{details.Version}"),
                Is.EqualTo(
                    (answer.At("variant"), $"\"{answer.At("reason")}\"", answer.At("rule_id"), answer.At("version"))
                ),
                id
            );
        }
    }

    [Test]
    public async Task A_change_is_in_force_within_a_second([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await using var client = Follow(await acme.ServerKey(acme.Service.Http));
        await client.WaitForReadyAsync(TimeSpan.FromSeconds(30));

        await acme.PatchFlag("checkout", new { state = "off" });
        await Eventually.Holds(() => Reason("checkout") == Rules.Reason.FlagOff, within: TimeSpan.FromSeconds(1));
        await acme.DeleteFlag("checkout");
        await Eventually.Holds(() => Reason("checkout") == Rules.Reason.Error, within: TimeSpan.FromSeconds(1));

        Reason Reason(string flag) => client.GetBooleanDetails(flag, EvaluationContext.For("u").Build(), false).Reason;
    }

    [Test]
    public async Task A_key_that_is_revoked_ends_the_following_and_nothing_else([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        var key = await acme.ServerKey(acme.Service.Http);
        await using var client = Follow(key);
        await client.WaitForReadyAsync(TimeSpan.FromSeconds(30));

        await acme.RevokeKey(key);

        await Eventually.Holds(() => client.Status.LastError?.Contains("refuses the key (401)") == true);
        Assert.That(
            client.GetBooleanDetails("checkout", EvaluationContext.For("u").Build(), true).Variant,
            Is.EqualTo("off")
        );
    }

    [Test]
    public async Task A_key_that_may_not_read_the_rules_is_refused_and_that_is_said([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");

        await using var client = Follow(await acme.ServerKey(acme.Service.Http, "evaluate"));

        await Eventually.Holds(() => client.Status.LastError?.Contains("refuses the key (403)") == true);
    }

    [Test, Explicit("Prints figures, which mean something on an idle machine only."), CancelAfter(300_000)]
    public async Task From_the_answer_to_the_change_in_force([Values] Engine engine)
    {
        const int changes = 200;
        await using var installation = await Installation.On(engine);
        var host = await installation.Run();
        var acme = await host.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await using var client = Follow(await acme.ServerKey(host.Http));
        await client.WaitForReadyAsync(TimeSpan.FromSeconds(30));
        var (user, clock) = (EvaluationContext.For("u").Build(), TimeProvider.System);
        List<double> times = [];

        for (var version = 2; version < changes + 2; version++)
        {
            await acme.PatchFlag("checkout", new { description = $"{version}" });
            var answered = clock.GetTimestamp();
            while (client.GetBooleanDetails("checkout", user, false).Version != version)
                await Task.Delay(1);
            times.Add(clock.GetElapsedTime(answered).TotalMilliseconds);
        }

        times.Sort();
        await TestContext.Out.WriteLineAsync(
            $"{engine}: p50 {times[changes / 2]:0.0} ms, p99 {times[changes * 99 / 100]:0.0} ms, max {times[^1]:0.0} ms"
        );
    }

    private static FlagClient Follow(KeyHolder key) =>
        new(new FlagClientOptions { BaseAddress = key.Http.BaseAddress, ApiKey = key.Key });
}
