using System.Collections.Concurrent;
using System.Diagnostics;
using FeatureFlags.FaultTests.Rig;
using FeatureFlags.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FeatureFlags.FaultTests;

/// <summary>A host with many webhooks, none of which answers for a while.</summary>
internal sealed class BacklogTests
{
    private const int Webhooks = 1_000;
    private const int Changes = 10;

    [Test, CancelAfter(900_000)]
    public async Task With_a_thousand_webhooks_and_ten_thousand_deliveries_waiting_a_host_stays_responsive(
        [Values] bool postgres
    )
    {
        var run = Run.Begin();
        await using var installation = postgres ? await Installation.OnPostgres() : Installation.OnSqlite();
        await installation.Start(1);
        var host = installation.Hosts[0];
        for (var i = 0; i < Changes; i++)
            await Write(installation, host, $"flag-{i}");
        var calm = (
            Evaluations: await Evaluations(installation, host),
            Writes: await Writes(installation, host, "calm")
        );

        var open = new TaskCompletionSource();
        var arrived = new ConcurrentDictionary<(string Path, string Event), int>();
        await using var receiver = await Receive(async context =>
        {
            await open.Task.WaitAsync(context.RequestAborted);
            var id = $"{context.Request.Headers["webhook-id"]}";
            arrived.AddOrUpdate((context.Request.Path, id), 1, (_, times) => times + 1);
        });
        var address = receiver.Urls.Single();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Webhooks),
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (i, _) =>
            {
                var webhook = new { url = $"{address}/{i}", event_types = new[] { "flag.updated" } };
                var (status, _) = await installation.Ask(host, HttpMethod.Post, "/v1/webhooks", webhook);
                Assert.That(status, Is.EqualTo(201));
            }
        );
        for (var i = 0; i < Changes; i++)
            await installation.Ask(host, HttpMethod.Patch, $"/v1/flags/flag-{i}", new { name = "changed" });
        await Eventually.Holds(
            async () => await Pending(installation) == Webhooks * Changes,
            within: TimeSpan.FromMinutes(2)
        );
        var waiting = (
            Evaluations: await Evaluations(installation, host),
            Writes: await Writes(installation, host, "waiting")
        );

        var draining = Stopwatch.StartNew();
        open.SetResult();
        var drained = (
            Evaluations: await Evaluations(installation, host),
            Writes: await Writes(installation, host, "draining")
        );
        await Eventually.Holds(async () => await Pending(installation) == 0, within: TimeSpan.FromMinutes(8));

        run.Report(
            new Dictionary<string, double>
            {
                ["deliveries"] = arrived.Count,
                ["sent_again"] = arrived.Values.Sum() - arrived.Count,
                ["drained_s"] = Math.Round(draining.Elapsed.TotalSeconds, 1),
                ["evaluate_p99_calm_ms"] = calm.Evaluations,
                ["evaluate_p99_waiting_ms"] = waiting.Evaluations,
                ["evaluate_p99_draining_ms"] = drained.Evaluations,
                ["write_p95_calm_ms"] = calm.Writes,
                ["write_p95_waiting_ms"] = waiting.Writes,
                ["write_p95_draining_ms"] = drained.Writes,
            }
        );
        Assert.That(arrived, Has.Count.EqualTo(Webhooks * Changes));
        Assert.That(waiting.Evaluations, Is.LessThan(1_000));
        Assert.That(drained.Evaluations, Is.LessThan(1_000));
    }

    private static async Task<WebApplication> Receive(RequestDelegate take)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = builder.Build();
        receiver.Run(take);
        await receiver.StartAsync();
        return receiver;
    }

    private static async Task<long> Pending(Installation installation) =>
        (
            await installation.Sql(
                "SELECT COUNT(*) FROM changefeed_deliveries WHERE state = 'Pending'",
                row => row.GetInt64(0)
            )
        )[0];

    /// <returns>The 99th percentile in milliseconds.</returns>
    private static Task<double> Evaluations(Installation installation, HostProcess host) =>
        Percentile(
            0.99,
            times: 500,
            async _ =>
            {
                var question = new { flag_key = "flag-0", user = new { id = "u" } };
                var (status, _) = await installation.Ask(host, HttpMethod.Post, "/v1/evaluate", question);
                Assert.That(status, Is.EqualTo(200));
            }
        );

    /// <returns>The 95th percentile in milliseconds.</returns>
    private static Task<double> Writes(Installation installation, HostProcess host, string name) =>
        Percentile(0.95, times: 40, i => Write(installation, host, $"{name}-{i}"));

    private static async Task Write(Installation installation, HostProcess host, string key)
    {
        var flag = new { key, variants = new[] { new { key = "on", weight = 1 } } };
        var (status, body) = await installation.Ask(host, HttpMethod.Post, "/v1/flags", flag);
        Assert.That(status, Is.EqualTo(201), body.ToString());
    }

    private static async Task<double> Percentile(double share, int times, Func<int, Task> work)
    {
        var took = new List<double>();
        for (var i = 0; i < times; i++)
        {
            var watch = Stopwatch.StartNew();
            await work(i);
            took.Add(watch.Elapsed.TotalMilliseconds);
        }
        return Math.Round(took.Order().ElementAt((int)(share * times)), 1);
    }
}
