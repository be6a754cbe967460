using System.ComponentModel;
using FeatureFlags.FaultTests.Rig;
using FeatureFlags.Testing;

namespace FeatureFlags.FaultTests;

/// <summary>A rolling upgrade: for a while hosts of two versions are at work on the newer one's schema.</summary>
internal sealed class UpgradeTests
{
    private const string Migrations = "src/Host/Persistence/Postgres/Migrations";

    [Test, CancelAfter(900_000)]
    public async Task A_host_of_the_version_before_the_newest_migration_goes_on_after_it()
    {
        var run = Run.Begin();
        await using var installation = await Installation.OnPostgres();
        var older = await Older(installation.Folder);
        await installation.Start(0, [], older);
        await using var writers = Writers.Start(installation, run);
        await using var follower = Follower.Start(installation, run);
        await writers.Begin(more: 100);

        await installation.Start(1, []);
        var writes = Run.Times(full: 1_000, brief: 200);
        await writers.Begin(more: writes);
        await writers.Stop();

        run.Report(await new Checker(installation, writers.Ledger) { Followers = [follower] }.Passes());
    }

    /// <summary>Publishes the host as it was before the newest migration came.</summary>
    private static async Task<string> Older(string folder)
    {
        var root = Repository.File(".");
        var (packed, sources) = (Path.Combine(folder, "older.tar"), Path.Combine(folder, "sources"));
        Directory.CreateDirectory(sources);
        try
        {
            string[] newest = ["log", "-1", "--no-merges", "--diff-filter=A", "--format=%H", "--", Migrations];
            var commit = (await PublishedHost.Run(root, "git", newest)).Trim();
            await PublishedHost.Run(root, "git", "archive", $"--output={packed}", $"{commit}^");
            await PublishedHost.Run(root, "tar", "-xf", packed, "-C", sources);
        }
        catch (Exception error) when (error is InvalidOperationException or Win32Exception)
        {
            throw new IgnoreException($"NOT TESTED WITH AN OLDER HOST. The history is not here: {error.Message}");
        }
        return await PublishedHost.Publish(sources, Path.Combine(folder, "older"));
    }
}
