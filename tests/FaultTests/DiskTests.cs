using FeatureFlags.FaultTests.Rig;
using FeatureFlags.Testing;

namespace FeatureFlags.FaultTests;

/// <summary>The disk of a host on SQLite fills up, and is given room again.</summary>
internal sealed class DiskTests
{
    [Test, CancelAfter(300_000)]
    public async Task On_a_full_disk_writes_are_refused_and_evaluation_goes_on()
    {
        var run = Run.Begin();
        await using var disk = await SmallDisk.Mount(megabytes: 24);
        await using var installation = Installation.OnSqlite(Path.Combine(disk.Folder, "data"));
        await installation.Start(1);
        var host = installation.Hosts[0];
        await using var writers = Writers.Start(installation, run, count: 4);
        await writers.Begin(more: 100);

        disk.Fill();
        await Eventually.Holds(() => Statuses(writers).Contains(503), TimeSpan.FromSeconds(30));
        for (var evaluation = 0; evaluation < 100; evaluation++)
        {
            var (status, _) = await installation.Ask(
                host,
                HttpMethod.Post,
                "/v1/evaluate/batch",
                new { user = new { id = "u1" } }
            );
            Assert.That(status, Is.EqualTo(200));
        }
        Assert.That(Statuses(writers).Where(status => status >= 500), Has.All.EqualTo(503));

        disk.Clear();
        var refused = Statuses(writers).Count(status => status == 503);
        var acknowledged = Acknowledged(writers);
        await Eventually.Holds(() => Acknowledged(writers) > acknowledged + 20, TimeSpan.FromSeconds(30));
        await writers.Stop();

        var counts = await new Checker(installation, writers.Ledger).Passes();
        run.Report(new Dictionary<string, long>(counts) { ["refused_as_full"] = refused });
    }

    private static List<int> Statuses(Writers writers) =>
        [.. writers.Ledger.Select(write => write.Status).OfType<int>()];

    private static int Acknowledged(Writers writers) =>
        writers.Ledger.Count(write => write.Outcome == Outcome.Acknowledged);

    /// <summary>A file system in memory that is soon full. To mount one is root's privilege.</summary>
    private sealed class SmallDisk(string folder) : IAsyncDisposable
    {
        public string Folder => folder;

        private string Filler => Path.Combine(folder, "filler");

        public static async Task<SmallDisk> Mount(int megabytes)
        {
            var folder = Directory.CreateTempSubdirectory("featureflags-disk-").FullName;
            try
            {
                await PublishedHost.Run(folder, "mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", folder);
            }
            catch (InvalidOperationException error)
            {
                Directory.Delete(folder);
                Assert.Ignore($"NOT TESTED ON A FULL DISK. No file system could be mounted: {error.Message}");
            }
            Directory.CreateDirectory(Path.Combine(folder, "data"));
            return new SmallDisk(folder);
        }

        public void Fill()
        {
            using var file = File.Create(Filler);
            try
            {
                for (var block = new byte[4096]; ; )
                {
                    file.Write(block);
                    file.Flush();
                }
            }
            catch (IOException)
            {
                // Full.
            }
        }

        public void Clear() => File.Delete(Filler);

        public async ValueTask DisposeAsync()
        {
            await PublishedHost.Run("/", "umount", folder);
            Directory.Delete(folder);
        }
    }
}
