using System.Net;
using FeatureFlags.Testing;
using Npgsql;

namespace FeatureFlags.IntegrationTests.Operations;

/// <summary>The procedures of docs/operations.md, by its own statements.</summary>
[Parallelizable]
internal sealed class BackupTests
{
    [Test]
    public async Task A_sqlite_backup_taken_while_the_host_runs_is_restored()
    {
        await using var installation = await Installation.On(Engine.Sqlite);
        var database = Path.Combine(installation.Folder, "featureflags.db");
        var backup = Path.Combine(installation.Folder, "backup.db");
        var host = await installation.Run();
        var acme = await host.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await WriteLongSegment(acme);
        await AuditTrail.IsComplete(installation, ["checkout"]);

        await installation.Sql($"VACUUM INTO '{backup}'");
        var lost = await ChangeSomething(acme);
        host.Terminate();
        Assert.That(await host.ExitCode(), Is.Zero);
        File.Delete($"{database}-wal");
        File.Delete($"{database}-shm");
        File.Copy(backup, database, overwrite: true);
        await installation.Sql(MoveRevisionsAhead());

        var next = await installation.Run();
        await EverythingIsAsInTheBackup(acme.At(next.Http), lost);
    }

    [Test]
    public async Task A_postgresql_backup_taken_while_the_hosts_run_is_restored_and_a_replica_that_ran_on_follows()
    {
        await using var cluster = PostgresCluster.Launch();
        await using var installation = Installation.On(await cluster.CreateDatabase());
        var database = UriOf(installation.Dsn);
        var backup = Path.Combine(installation.Folder, "backup.dump");
        var host = await installation.Run();
        var replica = await installation.Run();
        var acme = await host.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await WriteLongSegment(acme);
        await AuditTrail.IsComplete(installation, ["checkout"]);

        cluster.RunClient("pg_dump", "--format=custom", $"--file={backup}", database);
        var lost = await ChangeSomething(acme);
        await Eventually.Holds(async () => await acme.At(replica.Http).VariantOf("later", "u1") == "off");
        host.Terminate();
        Assert.That(await host.ExitCode(), Is.Zero);
        cluster.RunClient(
            "pg_restore",
            "--clean",
            "--if-exists",
            "--no-owner",
            "--single-transaction",
            $"--dbname={database}",
            backup
        );
        await installation.Sql(MoveRevisionsAhead());

        await Eventually.Holds(async () =>
            (await acme.At(replica.Http).Evaluate("later", "u1")).Status == HttpStatusCode.NotFound
        );
        var next = await installation.Run();
        await EverythingIsAsInTheBackup(acme.At(next.Http), lost);
        await Eventually.Holds(async () => await acme.At(replica.Http).VariantOf("checkout", "u1") == "on");
        // What the replica knew of the long list is of a past that never was, with the same positions as the new one.
        foreach (var (user, variant) in new[] { ("user-7", "on"), ("late", "off"), ("later-still", "on") })
            Assert.That(await acme.At(replica.Http).VariantOf("insiders", user), Is.EqualTo(variant), user);
    }

    /// <summary>A flag that is on for a segment's 1,010 users, of which evaluation reads only what came and went.</summary>
    private static async Task WriteLongSegment(TenantClient tenant)
    {
        await tenant.PostSegment(new { key = "insiders" });
        await ChangeMembers(tenant, add: [.. Enumerable.Range(0, 1_010).Select(i => $"user-{i}")], remove: []);
        await tenant.PostFlag(Sample.Flag("insiders", Sample.Rule("members", new { segment = "insiders" })));
        Assert.That(await tenant.VariantOf("insiders", "user-7"), Is.EqualTo("on"));
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

    /// <returns>The revision that is lost with the change.</returns>
    private static async Task<long> ChangeSomething(TenantClient tenant)
    {
        await tenant.PatchFlag("checkout", new { state = "off" });
        await ChangeMembers(tenant, add: ["late"], remove: ["user-7"]);
        await tenant.PostFlag(Sample.Flag("later"));
        Assert.That((await tenant.Evaluate("checkout", "u1")).At("reason"), Is.EqualTo("flag_off"));
        return await Revision(tenant);
    }

    private static async Task EverythingIsAsInTheBackup(TenantClient tenant, long lost)
    {
        Assert.That((await tenant.Evaluate("checkout", "u1")).At("reason"), Is.EqualTo("default_distribution"));
        Assert.That((await tenant.Evaluate("later", "u1")).Status, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await tenant.VariantOf("insiders", "user-7"), Is.EqualTo("on"));
        Assert.That(await tenant.VariantOf("insiders", "late"), Is.EqualTo("off"));
        Assert.That((await tenant.Audit())["items"].GetArrayLength(), Is.EqualTo(4));

        // No number that was given out comes again, and writing goes on.
        Assert.That(await Revision(tenant), Is.GreaterThan(lost));
        await ChangeMembers(tenant, add: ["later-still"], remove: []);
        var patched = await tenant.PatchFlag("checkout", new { state = "off", off_variant = "on" });
        Assert.That(patched.Status, Is.EqualTo(HttpStatusCode.OK), patched.ToString());
        Assert.That(await tenant.VariantOf("checkout", "u1"), Is.EqualTo("on"));
        Assert.That((await tenant.Audit())["items"].GetArrayLength(), Is.EqualTo(6));
    }

    private static async Task<long> Revision(TenantClient tenant) =>
        (await tenant.Send(HttpMethod.Post, "/v1/evaluate/batch", new { user = new { id = "u1" } }))["revision"]
            .GetInt64();

    private static string MoveRevisionsAhead() =>
        File.ReadLines(Repository.File("docs/operations.md"))
            .Select(line => line.Trim())
            .Single(line => line.StartsWith("UPDATE outbox_revisions SET", StringComparison.Ordinal));

    private static string UriOf(string dsn)
    {
        var parsed = new NpgsqlConnectionStringBuilder(dsn);
        return $"postgres://{parsed.Username}@{parsed.Host}:{parsed.Port}/{parsed.Database}";
    }
}
