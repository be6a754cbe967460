using FeatureFlags.FaultTests.Rig;
using FeatureFlags.Testing;
using Npgsql;

namespace FeatureFlags.FaultTests;

/// <summary>An older backup takes the database's place while a replica and its streams go on.</summary>
internal sealed class RestoreTests
{
    [Test, CancelAfter(300_000)]
    public async Task A_replica_notices_an_older_backup_and_resets_its_streams()
    {
        var run = Run.Begin();
        await using var cluster = PostgresCluster.LaunchDurable();
        await using var installation = await Installation.OnPostgres(cluster);
        await installation.Start(1);
        await using var follower = Follower.Start(installation, run);
        var backup = Path.Combine(installation.Folder, "backup");
        await using var kept = Writers.Start(installation, run);
        await kept.Begin(more: 60);
        await kept.Stop();
        await new Checker(installation, kept.Ledger) { Followers = [follower] }.Passes();
        var database = Address(installation.Dsn);
        cluster.RunClient("pg_dump", "--format=custom", $"--file={backup}", database);
        var before = await History.Of(installation);

        await using var lost = Writers.Start(installation, run);
        await lost.Begin(more: 60);
        await lost.Stop();
        await Eventually.Holds(() => follower.Cursor > before.Revision, TimeSpan.FromSeconds(15));
        cluster.RunClient(
            "pg_restore",
            "--clean",
            "--if-exists",
            "--no-owner",
            "--single-transaction",
            $"--dbname={database}",
            backup
        );

        await Eventually.Holds(() => follower.Told.Any(told => told.Type == "reset"), TimeSpan.FromSeconds(30));
        Assert.That(follower.Cursor, Is.EqualTo(before.Revision));
        // A stream that was reset is no longer one of everything; all else must be as before the loss.
        run.Report(await new Checker(installation, kept.Ledger).Passes());
    }

    private static string Address(string dsn)
    {
        var parsed = new NpgsqlConnectionStringBuilder(dsn);
        return $"postgres://{parsed.Username}@{parsed.Host}:{parsed.Port}/{parsed.Database}";
    }
}
