using FeatureFlags.Testing;

namespace FeatureFlags.Benchmarks.Refresh;

/// <summary>
/// How long compiled rules take to load, and how long after its commit a change is in force on the node that wrote it.
/// </summary>
internal static class Measurement
{
    private static async Task Main()
    {
        using var folder = new TemporaryFolder();
        await Measure("SQLite", $"Data Source={Path.Combine(folder.Path, "featureflags.db")}", folder.Path);
        if (PostgresCluster.CanLaunch)
        {
            await using var cluster = PostgresCluster.LaunchDurable();
            await Measure("PostgreSQL", await cluster.CreateDatabase(), folder.Path);
        }
    }

    private static async Task Measure(string engine, string dsn, string folder)
    {
        Console.WriteLine($"\n{engine}: {Tenant.Flags:N0} flags, a segment of {Tenant.Members:N0} ids\n");
        Console.WriteLine($"{"", -58}{"least", 9}{"median", 9}{"p99", 9}");
        await Tenant.Write(dsn, folder);

        // The first of this process pays for what is compiled just in time; a host that was restarted does too.
        for (var load = 1; load <= 4; load++)
        {
            await using var restarted = await Node.Start(dsn, folder);
            await Load(restarted, $"flags only, load {load}", Tenant.FlagsOnly);
            if (load == 4)
                await Load(restarted, "with the segment", Tenant.Name);
        }

        await using var node = await Node.Start(dsn, folder);
        await node.Evaluate(Tenant.Name, Tenant.AnyFlag);
        await Change(node, "a flag that nothing depends on", 300, turn => node.Toggle(Tenant.AnyFlag, turn));
        await Change(node, "a flag that 100 others require", 100, turn => node.Toggle(Tenant.Required, turn));
        await Change(node, "one member of the big segment, used by 1 flag", 200, turn => node.Move(1, turn));
        await Change(node, "1,000 members of the big segment", 30, turn => node.Move(1_000, turn));
    }

    private static async Task Load(Node node, string what, string tenant)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var processor = Environment.CpuUsage.TotalTime;
        var took = await node.Evaluate(tenant, Tenant.AnyFlag);
        processor = Environment.CpuUsage.TotalTime - processor;
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        Console.WriteLine(
            $"{what, -58}{took.TotalMilliseconds, 9:0} ms, {processor.TotalMilliseconds:0} ms of processor, {bytes / 1_000_000.0:0.0} MB"
        );
    }

    private static async Task Change(Node node, string what, int times, Func<int, Task> change)
    {
        for (var turn = 0; turn < times + 10; turn++)
        {
            // Ten to warm up.
            if (turn == 10)
                node.Forget();
            await change(turn);
        }
        Print($"{what}: commit to in force", node.InForce);
        Print($"{what}: request to answer", node.Answered);
    }

    private static void Print(string what, IEnumerable<TimeSpan> times)
    {
        var sorted = times.Select(t => t.TotalMilliseconds).Order().ToArray();
        Console.WriteLine(
            $"{what, -58}{sorted[0], 9:0.00}{sorted[sorted.Length / 2], 9:0.00}{sorted[sorted.Length * 99 / 100], 9:0.00} ms"
        );
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("featureflags-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
