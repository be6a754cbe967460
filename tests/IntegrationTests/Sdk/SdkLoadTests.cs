using System.Diagnostics;
using System.Text;
using FeatureFlags.IntegrationTests.ChangeFeed;
using FeatureFlags.IntegrationTests.Operations;

namespace FeatureFlags.IntegrationTests.Sdk;

/// <summary>What many SDKs cost a host: the figures of docs/scaling.md.</summary>
[Explicit("It takes minutes, and its result is for reading.")]
internal sealed class SdkLoadTests
{
    private const int Flags = 10_000;
    private const int Streams = 200;
    private const int Changes = 20;

    [Test]
    public async Task One_flag_of_many_changes_under_many_streams()
    {
        await using var installation = await Installation.On(Engine.Postgres);
        var host = await installation.Run();
        var acme = await host.Tenant("acme");
        await Parallel.ForAsync(0, Flags, async (i, _) => await acme.PostFlag(Sample.Flag($"flag-{i}")));
        var process = Process.GetProcessById(host.Id);
        var streams = new List<EventReader>();
        var snapshots = await Measured(async () =>
        {
            var bytes = 0L;
            for (var i = 0; i < Streams; i++)
            {
                streams.Add(await acme.SdkStream());
                bytes += await BytesOfNext(streams[i]);
            }
            return bytes;
        });

        var deltas = await Measured(async () =>
        {
            var bytes = 0L;
            for (var change = 0; change < Changes; change++)
            {
                await acme.PatchFlag("flag-7", new { description = $"{change}" });
                bytes += (await Task.WhenAll(streams.Select(BytesOfNext))).Sum();
            }
            return bytes;
        });

        await TestContext.Out.WriteLineAsync($"{Flags} flags, {Streams} streams");
        await TestContext.Out.WriteLineAsync($"to begin with: {snapshots}");
        await TestContext.Out.WriteLineAsync($"{Changes} changes: {deltas}");
        foreach (var stream in streams)
            await stream.DisposeAsync();

        async Task<string> Measured(Func<Task<long>> work)
        {
            process.Refresh();
            var (cpu, begin) = (process.TotalProcessorTime, Stopwatch.GetTimestamp());
            var bytes = await work();
            var took = Stopwatch.GetElapsedTime(begin);
            process.Refresh();
            var spent = process.TotalProcessorTime - cpu;
            return $"{bytes / 1e6:0.0} MB, {spent.TotalMilliseconds:0} ms of the host's CPU, {took.TotalSeconds:0.0} s";
        }
    }

    private static async Task<long> BytesOfNext(EventReader stream) =>
        Encoding.UTF8.GetByteCount((await stream.Events(1))[0].Data!);
}
