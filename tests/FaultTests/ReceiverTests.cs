using System.Globalization;
using FeatureFlags.FaultTests.Rig;
using FeatureFlags.Testing;

namespace FeatureFlags.FaultTests;

/// <summary>Receivers of every bad kind, beside good ones.</summary>
internal sealed class ReceiverTests
{
    [Test, CancelAfter(600_000)]
    public async Task Bad_receivers_do_not_delay_the_good_ones()
    {
        var run = Run.Begin();
        await using var installation = await Installation.OnPostgres();
        await installation.Start(2);
        var writes = Run.Times(full: 600, brief: 200);

        double alone;
        var good = new Endpoint("good") { Manner = Manners.Ok };
        await using var first = await Receiver.For(installation, good);
        await using (var calm = Writers.Start(installation, run, count: 2))
        {
            await calm.Begin(writes);
            await calm.Stop();
            await new Checker(installation, calm.Ledger) { Receiver = first }.Passes();
            alone = Late95(good.Arrivals);
        }

        var before = good.Arrivals.Count;
        var gone = new Endpoint("gone") { Manner = Manners.Gone, IsBound = false };
        await using var bad = await Receiver.For(
            installation,
            gone,
            new Endpoint("flaky") { Manner = Manners.Failing(run, share: 0.3), IsBound = false },
            new Endpoint("hang") { Manner = Manners.Hang, IsBound = false },
            new Endpoint("flood") { Manner = Manners.Flood, IsBound = false },
            new Endpoint("bomb") { Manner = Manners.Bomb, IsBound = false },
            new Endpoint("redirect") { Manner = Manners.Redirect, IsBound = false },
            new Endpoint("odd") { Manner = Manners.OddRetryAfter(run), IsBound = false }
        );
        await using var writers = Writers.Start(installation, run, count: 2);
        await writers.Begin(writes);
        await writers.Stop();
        await Eventually.Holds(
            () => good.Arrivals.DistinctBy(arrival => arrival.EventId).Count() >= before + Changes(writers.Ledger),
            TimeSpan.FromSeconds(60)
        );
        var beside = Late95([.. good.Arrivals.Skip(before)]);
        var (_, webhook) = await installation.Ask(installation.Hosts[0], HttpMethod.Get, $"/v1/webhooks/{gone.Id}");

        Assert.That(beside, Is.LessThan(alone + 1));
        Assert.That(webhook.GetProperty("active").GetBoolean(), Is.False);
        Assert.That(installation.Hosts.Select(Megabytes), Has.All.LessThan(500));
        run.Report(
            new Dictionary<string, double>
            {
                ["writes"] = 2 * writes,
                ["deliveries"] = good.Arrivals.Count + bad.Endpoints.Sum(endpoint => endpoint.Arrivals.Count),
                ["p95_alone_s"] = Math.Round(alone, 3),
                ["p95_beside_bad_s"] = Math.Round(beside, 3),
            }
        );
    }

    private static int Changes(IEnumerable<Write> ledger) =>
        ledger.Count(write => write.Outcome == Outcome.Acknowledged);

    private static double Late95(IReadOnlyCollection<Arrival> arrivals)
    {
        var late = arrivals.Select(arrival => arrival.Late.TotalSeconds).Order().ToList();
        return late[late.Count * 95 / 100];
    }

    private static long Megabytes(HostProcess host) =>
        File.ReadLines($"/proc/{host.Id}/status")
            .Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Select(line =>
                long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture)
                / 1024
            )
            .Single();
}
