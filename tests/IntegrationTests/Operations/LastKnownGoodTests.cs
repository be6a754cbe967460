using System.Net;
using FeatureFlags.IntegrationTests.Security;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Operations;

/// <summary>Hosts that start, or lose their memory, while the database is away.</summary>
[Parallelizable]
internal sealed class LastKnownGoodTests
{
    private const string NotReached = "ready (stale: the database was not reached yet)";

    private static readonly TimeSpan Seconds = TimeSpan.FromSeconds(20);

    [Test]
    public async Task A_host_that_starts_while_the_database_is_away_serves_what_it_knew_last_and_then_follows()
    {
        await using var cluster = PostgresCluster.Launch();
        await using var installation = On(await cluster.CreateDatabase());
        await using var neighbour = On(installation.Dsn);
        var first = await installation.Run();
        var acme = await first.Tenant("acme");
        await acme.PostSegment(new { key = "beta", included = new[] { "ann" } });
        await acme.PostFlag(Sample.Flag("checkout", Sample.Rule("members", new { segment = "beta" })));
        await WriteLongSegment(acme);
        await Kept(acme, installation);
        await first.Kill();
        // Missed by the host, which is down, and left behind by one that goes away with the database.
        var other = await neighbour.Run();
        await acme.At(other.Http).PostFlag(Sample.Flag("new"));
        await ChangeMembers(acme.At(other.Http), add: ["late"], remove: ["user-7"]);
        cluster.StopImmediate();

        var host = await installation.Start().Answering();
        await Eventually.Holds(async () => (await host.Get("/readyz")).Text == NotReached, Seconds);
        acme = acme.At(host.Http);
        Assert.That((await host.Get("/readyz")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await host.Get("/metrics")).Text, Does.Contain("\ndatabase_away 1\n"));
        await AnswersStale(acme, "checkout", "ann", "on");
        await AnswersStale(acme, "checkout", "eve", "off");
        await AnswersStale(acme, "insiders", "user-7", "on");
        var batch = await acme.Batch(new { user = new { id = "ann" } });
        Assert.That(batch.At("items.0.stale"), Is.EqualTo("True"), batch.ToString());
        Assert.That((await acme.Preview("checkout", "ann")).At("stale"), Is.EqualTo("True"));
        Assert.That((await acme.Evaluate("new", "ann")).Status, Is.EqualTo(HttpStatusCode.NotFound));
        await Refused(() => acme.In("staging").Evaluate("checkout", "ann"));
        await Refused(() => acme.PatchFlag("checkout", new { state = "off" }));
        await Refused(() => acme.GetFlag("checkout"));

        cluster.Start();
        await Eventually.Holds(async () => (await acme.Evaluate("checkout", "ann")).At("stale") is null, Seconds);
        await Eventually.Holds(async () => (await host.Get("/readyz")).Text == "ready", Seconds);
        Assert.That((await host.Get("/metrics")).Text, Does.Contain("\ndatabase_away 0\n"));
        Assert.That(await acme.VariantOf("new", "ann"), Is.EqualTo("off"));
        Assert.That(await acme.VariantOf("insiders", "user-7"), Is.EqualTo("off"));
        Assert.That(await acme.VariantOf("insiders", "late"), Is.EqualTo("on"));
        await acme.PatchFlag("checkout", new { state = "off" });
        Assert.That((await acme.Evaluate("checkout", "ann")).At("reason"), Is.EqualTo("flag_off"));
    }

    [Test]
    public async Task A_host_that_starts_while_the_database_is_away_knows_the_API_keys_it_knew_last()
    {
        await using var cluster = PostgresCluster.Launch();
        await using var installation = On(await cluster.CreateDatabase());
        await using var neighbour = On(installation.Dsn);
        var first = await installation.Run();
        var acme = await first.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await Kept(acme, installation);
        var (kept, revoked, never) = (
            await acme.ServerKey(first.Http),
            await acme.ServerKey(first.Http),
            await acme.ServerKey(first.Http)
        );
        foreach (var key in new[] { kept, revoked })
            await Kept(key, installation);
        Assert.That(KeysOnDisk(installation), Does.Not.Contain(kept.Key));
        await first.Kill();
        // Missed by the host, which is down.
        var other = await neighbour.Run();
        await acme.At(other.Http).RevokeKey(revoked);
        cluster.StopImmediate();

        var host = await installation.Start().Answering();
        await Eventually.Holds(async () => (await host.Get("/readyz")).Text == NotReached, Seconds);
        Assert.That((await kept.At(host.Http).Evaluate("checkout")).At("stale"), Is.EqualTo("True"));
        Assert.That((await revoked.At(host.Http).Evaluate("checkout")).At("stale"), Is.EqualTo("True"));
        await Refused(() => never.At(host.Http).Evaluate("checkout"));

        cluster.Start();
        await Eventually.Holds(async () => (await host.Get("/readyz")).Text == "ready", Seconds);
        await Eventually.Holds(async () =>
            (await revoked.At(host.Http).Evaluate("checkout")).Status == HttpStatusCode.Unauthorized
        );
        foreach (var key in new[] { kept, never })
            Assert.That((await key.At(host.Http).Evaluate("checkout")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_key_whose_revocation_a_host_learned_of_at_its_start_is_none_in_the_next_outage()
    {
        await using var cluster = PostgresCluster.Launch();
        await using var installation = On(await cluster.CreateDatabase());
        await using var neighbour = On(installation.Dsn);
        var first = await installation.Run();
        var acme = await first.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await Kept(acme, installation);
        var key = await acme.ServerKey(first.Http);
        await Kept(key, installation);
        await first.Kill();
        var other = await neighbour.Run();
        await acme.At(other.Http).RevokeKey(key);

        var second = await installation.Run();
        await Eventually.Holds(() => !KeysOnDisk(installation).Contains(key.Id, StringComparison.Ordinal), Seconds);
        await second.Kill();
        cluster.StopImmediate();

        var host = await installation.Start().Answering();
        await Eventually.Holds(async () => (await host.Get("/readyz")).Text == NotReached, Seconds);
        await Refused(() => key.At(host.Http).Evaluate("checkout"));
    }

    [Test]
    public async Task A_key_revoked_just_before_the_host_is_told_to_stop_is_none_in_the_next_outage()
    {
        await using var cluster = PostgresCluster.Launch();
        await using var installation = On(await cluster.CreateDatabase());
        var first = await installation.Run();
        var acme = await first.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await Kept(acme, installation);
        var key = await acme.ServerKey(first.Http);
        await Kept(key, installation);
        await acme.RevokeKey(key);
        first.Terminate();
        Assert.That(await first.ExitCode(), Is.Zero);
        cluster.StopImmediate();

        var host = await installation.Start().Answering();
        await Eventually.Holds(async () => (await host.Get("/readyz")).Text == NotReached, Seconds);

        await Refused(() => key.At(host.Http).Evaluate("checkout"));
    }

    [Test]
    public async Task A_host_that_waits_for_its_signing_key_answers_all_flags_by_API_key_and_names_no_stream()
    {
        await using var cluster = PostgresCluster.Launch();
        await using var installation = Installation.On(await cluster.CreateDatabase());
        var first = await installation.Run();
        var acme = await first.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await Kept(acme, installation);
        var key = await acme.ServerKey(first.Http);
        await Kept(key, installation);
        await first.Kill();
        cluster.StopImmediate();

        var host = await installation.Start().Answering();
        await Eventually.Holds(async () => (await host.Get("/readyz")).Text == NotReached, Seconds);
        Assert.That((await AllFlags()).Text, Does.Contain("checkout").And.Not.Contain("eventStreams"));

        cluster.Start();
        await Eventually.Holds(
            async () => (await AllFlags()).Text.Contains("eventStreams", StringComparison.Ordinal),
            Seconds
        );

        async Task<Answer> AllFlags()
        {
            var context = new { context = new { targetingKey = "ann" } };
            var answer = await key.At(host.Http)
                .Send(HttpMethod.Post, "/ofrep/v1/evaluate/flags", context, key.OwnHeader);
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.ToString());
            return answer;
        }
    }

    [Test]
    public async Task A_damaged_file_is_left_out_with_one_warning_and_the_others_count()
    {
        await using var cluster = PostgresCluster.Launch();
        await using var installation = On(await cluster.CreateDatabase());
        var first = await installation.Run();
        var (acme, globex) = (await first.Tenant("acme"), await first.Tenant("globex"));
        foreach (var tenant in new[] { acme, globex })
        {
            await tenant.PostFlag(Sample.Flag("checkout"));
            await Kept(tenant, installation);
        }
        await first.Kill();
        var damaged = FileOf("globex", installation);
        var bytes = await File.ReadAllBytesAsync(damaged);
        bytes[^9] ^= 1;
        await File.WriteAllBytesAsync(damaged, bytes);
        cluster.StopImmediate();

        var host = await installation.Start().Answering();
        await Eventually.Holds(async () => (await host.Get("/readyz")).Text == NotReached, Seconds);
        await AnswersStale(acme.At(host.Http), "checkout", "ann", "off");
        await Refused(() => globex.At(host.Http).Evaluate("checkout", "ann"));
        await Refused(() => globex.At(host.Http).Evaluate("checkout", "ann"));
        await Eventually.Holds(() => Warnings().Any());
        Assert.That(Warnings().Single(), Does.Contain(damaged).And.Contains("damaged or cut off"));

        // A host that has nothing but damaged files is none that could answer.
        await host.Kill();
        File.Delete(FileOf("acme", installation));
        host = await installation.Start().Answering();
        await Eventually.Holds(() => Warnings().Any(), Seconds);
        Assert.That((await host.Get("/readyz")).Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));

        cluster.Start();
        await host.Ready();
        Assert.That((await globex.At(host.Http).Evaluate("checkout", "ann")).At("stale"), Is.Null);
        await Eventually.Holds(
            async () => Convert.ToHexString(await File.ReadAllBytesAsync(damaged)) != Convert.ToHexString(bytes),
            Seconds
        );

        IEnumerable<string> Warnings() =>
            host.Output.Where(line => line.Contains("is left out", StringComparison.Ordinal));
    }

    [Test]
    public async Task A_database_that_turns_out_to_be_another_replaces_everything()
    {
        await using var cluster = PostgresCluster.Launch();
        await using var installation = On(await cluster.CreateDatabase());
        await using var elsewhere = On(await cluster.CreateDatabase());
        var first = await installation.Run();
        var (acme, globex) = (await first.Tenant("acme"), await first.Tenant("globex"));
        foreach (var tenant in new[] { acme, globex })
        {
            await tenant.PostFlag(Sample.Flag("checkout"));
            await Kept(tenant, installation);
        }
        await first.Kill();
        // The same revision by number, of another history.
        var second = await elsewhere.Run();
        await acme.At(second.Http).PostFlag(Sample.Flag("other"));
        await second.Kill();
        cluster.StopImmediate();

        var host = await installation.Start(("DB_DSN", elsewhere.Dsn)).Answering();
        await Eventually.Holds(async () => (await host.Get("/readyz")).Text == NotReached, Seconds);
        await AnswersStale(acme.At(host.Http), "checkout", "ann", "off");
        await AnswersStale(globex.At(host.Http), "checkout", "ann", "off");

        cluster.Start();
        await Eventually.Holds(
            async () => (await acme.At(host.Http).Evaluate("other", "ann")).Status == HttpStatusCode.OK,
            Seconds
        );
        Assert.That((await acme.At(host.Http).Evaluate("checkout", "ann")).Status, Is.EqualTo(HttpStatusCode.NotFound));
        await Eventually.Holds(
            async () => (await globex.At(host.Http).Evaluate("checkout", "ann")).Status == HttpStatusCode.NotFound,
            Seconds
        );
    }

    [Test]
    public async Task What_was_not_evaluated_since_the_start_is_served_from_its_file_while_the_database_is_away()
    {
        await using var cluster = PostgresCluster.Launch();
        await using var installation = On(await cluster.CreateDatabase());
        var first = await installation.Run();
        var acme = await first.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await Kept(acme, installation);
        await first.Kill();
        var host = await installation.Run();
        acme = acme.At(host.Http);
        // Seen by the poll before the outage, which therefore has nothing to tell after it.
        await acme.PatchFlag("checkout", new { state = "off" });
        cluster.StopImmediate();

        await Eventually.Holds(
            async () => (await host.Get("/metrics")).Text.Contains("\ndatabase_away 1\n", StringComparison.Ordinal),
            Seconds
        );
        var answer = await acme.Evaluate("checkout", "ann");
        Assert.That((answer.At("reason"), answer.At("stale")), Is.EqualTo(("default_distribution", "True")));

        cluster.Start();
        await Eventually.Holds(async () => (await acme.Evaluate("checkout", "ann")).At("stale") is null, Seconds);
        Assert.That((await acme.Evaluate("checkout", "ann")).At("reason"), Is.EqualTo("flag_off"));
    }

    [Test]
    public async Task A_change_just_before_the_host_is_told_to_stop_is_kept()
    {
        await using var cluster = PostgresCluster.Launch();
        await using var installation = On(await cluster.CreateDatabase());
        var first = await installation.Run();
        var acme = await first.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await Kept(acme, installation);
        // Right after a file was written the next one has to wait, but not here.
        await acme.PatchFlag("checkout", new { state = "off" });
        first.Terminate();
        Assert.That(await first.ExitCode(), Is.Zero);
        cluster.StopImmediate();

        var host = await installation.Start().Answering();
        await Eventually.Holds(async () => (await host.Get("/readyz")).Text == NotReached, Seconds);

        Assert.That((await acme.At(host.Http).Evaluate("checkout", "ann")).At("reason"), Is.EqualTo("flag_off"));
    }

    [Test]
    public async Task On_SQLite_rules_are_served_while_the_database_file_cannot_be_opened()
    {
        await using var installation = (await Installation.On(Engine.Sqlite)).With("JWT_SECRET", Service.JwtSecret);
        var database = Path.Combine(installation.Folder, "featureflags.db");
        var first = await installation.Run();
        var acme = await first.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await Kept(acme, installation);
        first.Terminate();
        Assert.That(await first.ExitCode(), Is.Zero);
        File.Move(database, $"{database}.away");
        Directory.CreateDirectory(database);

        var host = await installation.Start().Answering();
        await Eventually.Holds(async () => (await host.Get("/readyz")).Text == NotReached, Seconds);
        await AnswersStale(acme.At(host.Http), "checkout", "ann", "off");
        await Refused(() => acme.At(host.Http).PatchFlag("checkout", new { state = "off" }));

        Directory.Delete(database);
        File.Move($"{database}.away", database);
        await Eventually.Holds(
            async () => (await acme.At(host.Http).Evaluate("checkout", "ann")).At("stale") is null,
            Seconds
        );
        await acme.At(host.Http).PatchFlag("checkout", new { state = "off" });
        Assert.That((await acme.At(host.Http).Evaluate("checkout", "ann")).At("reason"), Is.EqualTo("flag_off"));
    }

    [Test]
    public async Task A_folder_that_cannot_be_written_is_one_warning_and_no_outage([Values] Engine engine)
    {
        await using var installation = await Installation.On(engine);
        await File.WriteAllTextAsync(Path.Combine(installation.Folder, "last-known-good"), "in the way");
        var host = await installation.Run();
        var acme = await host.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await acme.PostFlag(Sample.Flag("search"));
        await acme.In("staging").PostFlag(Sample.Flag("checkout"));
        Assert.That(await acme.VariantOf("checkout", "ann"), Is.EqualTo("off"));
        Assert.That(await acme.In("staging").VariantOf("checkout", "ann"), Is.EqualTo("off"));

        await Eventually.Holds(
            async () =>
                (await host.Get("/metrics")).Text.Contains("{outcome=\"not_written\"} 2", StringComparison.Ordinal),
            Seconds
        );
        await acme.PatchFlag("checkout", new { state = "off" });
        Assert.That((await acme.Evaluate("checkout", "ann")).At("reason"), Is.EqualTo("flag_off"));
        host.Terminate();
        Assert.That(await host.ExitCode(), Is.Zero);

        Assert.That(
            host.Output.Where(line => line.Contains("can't be written", StringComparison.Ordinal)).ToList(),
            Has.Count.EqualTo(1)
        );
    }

    private static Installation On(string dsn) => Installation.On(dsn).With("JWT_SECRET", Service.JwtSecret);

    private static string FileOf(string tenant, Installation installation) =>
        Path.Combine(installation.Folder, "last-known-good", $"{tenant}.production.rules");

    /// <summary>Evaluates, and waits until what was evaluated is on the disk.</summary>
    private static async Task Kept(TenantClient tenant, Installation installation)
    {
        await tenant.Batch(new { user = new { id = "ann" } });
        await Eventually.Holds(() => File.Exists(FileOf(tenant.Tenant, installation)), Seconds);
    }

    /// <summary>Uses the key, and waits until it is on the disk.</summary>
    private static async Task Kept(KeyHolder key, Installation installation)
    {
        Assert.That((await key.Evaluate("checkout")).Status, Is.EqualTo(HttpStatusCode.OK));
        await Eventually.Holds(() => KeysOnDisk(installation).Contains(key.Id, StringComparison.Ordinal), Seconds);
    }

    private static async Task AnswersStale(TenantClient tenant, string flag, string user, string variant)
    {
        var answer = await tenant.Evaluate(flag, user);
        Assert.That((answer.At("variant"), answer.At("stale")), Is.EqualTo((variant, "True")), answer.ToString());
    }

    private static async Task Refused(Func<Task<Answer>> call)
    {
        var answer = await call();
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable), answer.ToString());
        Assert.That(answer.Headers.RetryAfter, Is.Not.Null);
    }

    /// <summary>A flag that is on for a segment's 1,010 users, of which is read only what came and went.</summary>
    private static async Task WriteLongSegment(TenantClient tenant)
    {
        await tenant.PostSegment(new { key = "insiders" });
        await ChangeMembers(tenant, add: [.. Enumerable.Range(0, 1_010).Select(i => $"user-{i}")], remove: []);
        await tenant.PostFlag(Sample.Flag("insiders", Sample.Rule("members", new { segment = "insiders" })));
    }

    private static async Task ChangeMembers(TenantClient tenant, string[] add, string[] remove)
    {
        var change = new
        {
            list = "included",
            add,
            remove,
        };
        var answer = await tenant.Send(HttpMethod.Patch, "/v1/segments/insiders/members", change);
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.ToString());
    }

    private static string KeysOnDisk(Installation installation)
    {
        var path = Path.Combine(installation.Folder, "last-known-good", "api-keys.json");
        return File.Exists(path) ? File.ReadAllText(path) : "";
    }
}
