using System.Diagnostics;
using System.Net;
using FeatureFlags.IntegrationTests.Security;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Operations;

internal sealed class OutageTests
{
    private static readonly TimeSpan Seconds = TimeSpan.FromSeconds(15);

    [Test]
    public async Task While_the_database_is_away_evaluation_goes_on_and_afterwards_everything_does()
    {
        await using var cluster = PostgresCluster.LaunchDurable();
        await using var installation = Installation.On(await cluster.CreateDatabase());
        var host = await installation.Run();
        var acme = await host.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        Assert.That((await acme.Evaluate("checkout", "u1")).At("stale"), Is.Null);
        var (known, unknown) = (await acme.ServerKey(host.Http), await acme.ServerKey(host.Http));
        Assert.That((await known.Evaluate("checkout")).Status, Is.EqualTo(HttpStatusCode.OK));

        var written = WriteUntilRefused(acme);
        await Eventually.Holds(async () => (await acme.Get("/v1/flags?limit=3"))["items"].GetArrayLength() == 3);
        cluster.StopImmediate();
        var (acknowledged, refusal) = await written;
        await Eventually.Holds(async () => (await acme.Evaluate("checkout", "u1")).At("stale") == "True", Seconds);

        Assert.That(refusal.Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable), refusal.ToString());
        await RefusedAtOnce(() => acme.PatchFlag("checkout", new { state = "off" }));
        await RefusedAtOnce(() => acme.PostSegment(new { key = "beta" }));
        await RefusedAtOnce(() => acme.DeleteFlag("checkout"));
        await RefusedAtOnce(() => acme.GetFlag("checkout"));
        await RefusedAtOnce(() => acme.Get("/v1/flags"));
        await RefusedAtOnce(() => acme.Audit());
        var evaluation = await acme.Evaluate("checkout", "u1");
        Assert.That(evaluation.At("variant"), Is.EqualTo("off"), evaluation.ToString());
        var batch = await acme.Send(HttpMethod.Post, "/v1/evaluate/batch", new { user = new { id = "u1" } });
        Assert.That(batch.At("items.0.stale"), Is.EqualTo("True"), batch.ToString());
        var neverLoaded = await acme.In("staging").Evaluate("checkout", "u1");
        Assert.That(neverLoaded.Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable), neverLoaded.ToString());
        Assert.That((await acme.Evaluate("unknown", "u1")).Status, Is.EqualTo(HttpStatusCode.NotFound));
        var byKey = await known.Evaluate("checkout");
        Assert.That(byKey.At("stale"), Is.EqualTo("True"), byKey.ToString());
        await RefusedAtOnce(() => unknown.Evaluate("checkout"));
        var ready = await host.Get("/readyz");
        Assert.That((ready.Status, ready.Text), Is.EqualTo((HttpStatusCode.OK, "ready (stale: the database is away)")));
        Assert.That((await host.Get("/healthz")).Text, Is.EqualTo("ok"));
        Assert.That((await host.Get("/metrics")).Text, Does.Contain("\ndatabase_away 1\n"));

        cluster.Start();
        await Eventually.Holds(async () => (await acme.Evaluate("checkout", "u1")).At("stale") is null, Seconds);
        await Eventually.Holds(async () => (await host.Get("/readyz")).Text == "ready", Seconds);
        var patched = await acme.PatchFlag("checkout", new { state = "off" });
        Assert.That(patched.Status, Is.EqualTo(HttpStatusCode.OK), patched.ToString());
        Assert.That((await acme.Evaluate("checkout", "u1")).At("reason"), Is.EqualTo("flag_off"));
        Assert.That((await unknown.Evaluate("checkout")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await host.Get("/metrics")).Text, Does.Contain("\ndatabase_away 0\n"));
        await AuditTrail.IsComplete(installation, acknowledged);
    }

    [Test]
    public async Task A_host_that_starts_while_the_database_is_away_waits_for_it()
    {
        await using var cluster = PostgresCluster.Launch();
        await using var installation = Installation.On(await cluster.CreateDatabase());
        installation.With("JWT_SECRET", Service.JwtSecret);
        cluster.StopImmediate();

        var host = await installation.Start().Answering();
        var acme = await host.Tenant("acme");
        Assert.That((await host.Get("/healthz")).Text, Is.EqualTo("ok"));
        var notReady = await host.Get("/readyz");
        Assert.That(notReady.Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(notReady.Text, Is.EqualTo("the database was not reached yet"));
        await Eventually.Holds(async () =>
            (await host.Get("/metrics")).Text.Contains("\ndatabase_away 1\n", StringComparison.Ordinal)
        );
        await Refused(() => acme.PostFlag(Sample.Flag("checkout")));
        await Refused(() => acme.Evaluate("checkout", "u1"));

        cluster.Start();
        await host.Ready();
        Assert.That((await acme.PostFlag(Sample.Flag("checkout"))).Status, Is.EqualTo(HttpStatusCode.Created));
        Assert.That((await acme.Evaluate("checkout", "u1")).At("stale"), Is.Null);
    }

    private static async Task<(List<string> Acknowledged, Answer Refusal)> WriteUntilRefused(TenantClient tenant)
    {
        var acknowledged = new List<string>();
        while (true)
        {
            var key = $"flag-{acknowledged.Count}";
            var answer = await tenant.PostFlag(Sample.Flag(key));
            if (answer.Status != HttpStatusCode.Created)
                return (acknowledged, answer);
            acknowledged.Add(key);
        }
    }

    // A host that has just started compiles what a request runs, so only one that has served is held to the limit.
    private static async Task RefusedAtOnce(Func<Task<Answer>> call)
    {
        var watch = Stopwatch.StartNew();
        await Refused(call);
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(2)));
    }

    private static async Task Refused(Func<Task<Answer>> call)
    {
        var answer = await call();
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable), answer.ToString());
        Assert.That(answer.ContentHeaders.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
        Assert.That(answer.Headers.RetryAfter, Is.Not.Null);
    }
}
