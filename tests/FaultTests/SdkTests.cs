using System.Diagnostics;
using FeatureFlags.Client;
using FeatureFlags.FaultTests.Rig;
using FeatureFlags.Rules;
using FeatureFlags.Testing;

namespace FeatureFlags.FaultTests;

/// <summary>SDKs that evaluate by themselves, while the service comes and goes.</summary>
internal sealed class SdkTests
{
    private const int Clients = 4;

    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(2);

    [Test, Category("Short"), CancelAfter(900_000)]
    public async Task Clients_answer_as_told_last_while_the_service_is_killed_and_are_up_to_date_soon_after_its_return()
    {
        var run = Run.Begin();
        // On a busy machine a round may take all of the time.
        const int fewest = 3;
        // Each so many rounds the host has nothing to answer by but the database.
        const int forgetful = 3;
        var length = TimeSpan.FromSeconds(Run.Times(full: 120, brief: 12));
        await using var installation = Installation.OnSqlite();
        var host = await installation.Start(0, []);
        var address = host.Http.BaseAddress!;
        var number = 1L;
        await Write(number);
        var clients = await Followers(installation, address);
        using var done = new CancellationTokenSource();
        var watches = clients.Select(client => Task.Run(() => Watch(client, () => number, done.Token))).ToArray();
        List<double> returns = [];

        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < length || returns.Count < fewest)
            await Outage(TimeSpan.FromMilliseconds(run.Random.Next(100, 3_000)), returns.Count % forgetful == 1);
        // Two polls and the longest waits between tries.
        if (Run.IsFull)
            await Outage(TimeSpan.FromSeconds(65), forgets: false);

        await done.CancelAsync();
        var answers = (await Task.WhenAll(watches)).Sum();
        run.Report(
            new Dictionary<string, double>
            {
                ["kills"] = returns.Count,
                ["answers"] = answers,
                ["back_ms_max"] = Math.Round(returns.Max()),
            }
        );
        foreach (var client in clients)
            await client.DisposeAsync();

        async Task Outage(TimeSpan length, bool forgets)
        {
            await Write(++number);
            await installation.Kill(0);
            await Task.Delay(length);
            if (forgets)
                installation.Forget(0);
            // At the same address, as behind a name.
            host = await installation.Start(0, [("ASPNETCORE_URLS", address.ToString())]);
            var back = Stopwatch.StartNew();
            await Eventually.Holds(() => clients.All(IsFollowing), within: BackWithin);
            returns.Add(back.Elapsed.TotalMilliseconds);
            await Write(++number);
            await Eventually.Holds(() => clients.All(IsUpToDate), within: BackWithin);
        }

        bool IsFollowing(FlagClient client) => client.Status.Connection == FlagConnection.Streaming;

        bool IsUpToDate(FlagClient client) => Ask(client).Value == number;

        async Task Write(long value)
        {
            var flag = new
            {
                key = "number",
                state = "on",
                variants = new[]
                {
                    new
                    {
                        key = "v",
                        weight = 1,
                        value,
                    },
                },
            };
            var (status, body) = await installation.Ask(host, HttpMethod.Post, "/v1/flags", flag);
            Assert.That(status, Is.AnyOf(200, 201), body.ToString);
        }
    }

    private static async Task<FlagClient[]> Followers(Installation installation, Uri address)
    {
        var wanted = new { name = "SDK", kind = "server" };
        var (status, key) = await installation.Ask(
            installation.Hosts[0],
            HttpMethod.Post,
            "/v1/admin/api-keys",
            wanted
        );
        Assert.That(status, Is.EqualTo(201), key.ToString);
        var clients = new FlagClient[Clients];
        for (var i = 0; i < Clients; i++)
        {
            clients[i] = new FlagClient(
                new FlagClientOptions { BaseAddress = address, ApiKey = key.GetProperty("key").GetString() }
            );
            Assert.That(await clients[i].WaitForReadyAsync(TimeSpan.FromSeconds(30)), Is.True);
        }
        return clients;
    }

    /// <summary>Asks again and again: numbers rise, and none is ahead of what was written, or missing.</summary>
    /// <returns>How often it asked.</returns>
    private static async Task<long> Watch(FlagClient client, Func<long> written, CancellationToken done)
    {
        var (answers, last) = (0L, 0L);
        while (!done.IsCancellationRequested)
        {
            var details = Ask(client);
            Assert.That(details.ErrorCode, Is.Null);
            Assert.That(details.Value, Is.GreaterThanOrEqualTo(last));
            Assert.That(details.Value, Is.LessThanOrEqualTo(written()));
            last = details.Value;
            answers++;
            await Task.Delay(1, CancellationToken.None);
        }
        return answers;
    }

    private static FlagDetails<long> Ask(FlagClient client) =>
        client.GetIntegerDetails("number", EvaluationContext.For("u").Build(), -1);
}
