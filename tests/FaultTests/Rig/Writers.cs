using System.Collections.Concurrent;
using System.Globalization;
using FeatureFlags.Testing;

namespace FeatureFlags.FaultTests.Rig;

/// <summary>
/// Clients that change the same few flags, at whichever host is up, as fast as they are answered. Each notes what it
/// means to do before it does it.
/// </summary>
internal sealed class Writers : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromMilliseconds(50);
    private static readonly TimeProvider Clock = TimeProvider.System;

    private static int _groups;

    // A connection that is used again may be found dead, and a request without a body is then quietly sent a second
    // time: the answer would be the second one's.
    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero });

    private readonly int _group = Interlocked.Increment(ref _groups);
    private readonly Installation _installation;
    private readonly int _flags;
    private readonly ConcurrentQueue<Write> _ledger = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _working;
    private int _begun;

    private Writers(Installation installation, Run run, int count, int flags)
    {
        (_installation, _flags) = (installation, flags);
        var randoms = Enumerable.Range(0, count).Select(_ => run.Fork()).ToList();
        _working = Task.WhenAll(randoms.Select(random => Task.Run(() => Work(random))));
    }

    /// <summary>Every write so far.</summary>
    public IReadOnlyCollection<Write> Ledger => _ledger;

    public static Writers Start(Installation installation, Run run, int count = 8, int flags = 5) =>
        new(installation, run, count, flags);

    /// <summary>Waits until so many more writes have begun; no hundred of them takes more than a minute.</summary>
    public async Task Begin(int more)
    {
        var goal = Volatile.Read(ref _begun) + more;
        while (Volatile.Read(ref _begun) is var begun && begun < goal && !_working.IsFaulted)
        {
            var next = Math.Min(begun + 100, goal);
            await Eventually.Holds(
                () => Volatile.Read(ref _begun) >= next || _working.IsFaulted,
                TimeSpan.FromSeconds(60)
            );
        }
    }

    /// <summary>Ends them when what they have begun is answered, or given up.</summary>
    public async Task Stop()
    {
        await _stopping.CancelAsync();
        await _working;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _http.Dispose();
        _stopping.Dispose();
    }

    private async Task Work(Random random)
    {
        try
        {
            while (!_stopping.IsCancellationRequested)
                await WriteOnce(await _installation.Any(random, _stopping.Token), random);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested) { }
    }

    private async Task WriteOnce(HostProcess host, Random random)
    {
        var marker = $"w{_group}-{Interlocked.Increment(ref _begun)}";
        var flag = $"flag-{random.Next(_flags)}";
        var (kind, method, path, body) = random.Next(100) switch
        {
            < 60 => ("upsert", HttpMethod.Post, "/v1/flags", Flag(flag, marker, random)),
            < 80 => (
                "patch",
                HttpMethod.Patch,
                $"/v1/flags/{flag}",
                new { description = marker, state = State(random) }
            ),
            < 85 => ("nonsense", HttpMethod.Post, "/v1/flags", new { key = flag, variants = Array.Empty<string>() }),
            < 90 => ("stale", HttpMethod.Put, $"/v1/flags/{flag}", Flag(flag, marker, random)),
            _ => ("delete", HttpMethod.Delete, $"/v1/flags/{flag}", (object?)null),
        };
        using var request = await _installation.Request(host, method, path, body);
        request.Headers.Add("X-Request-ID", marker);
        if (kind == "stale")
            request.Headers.TryAddWithoutValidation("If-Match", "\"0\"");

        var write = new Write(marker, flag, kind, Clock.GetTimestamp());
        _ledger.Enqueue(write);
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            using var answer = await _http.SendAsync(request, patience.Token);
            write.Answered((int)answer.StatusCode, Version(answer.Headers.ETag?.Tag), Clock.GetTimestamp());
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            // Its outcome stays unknown.
        }
        // As clients do: what is in trouble is not asked again at once.
        if (write.Outcome == Outcome.Unknown)
            await Task.Delay(AfterTrouble);
    }

    private static object Flag(string key, string marker, Random random) =>
        new
        {
            key,
            description = marker,
            state = State(random),
            variants = new object[]
            {
                new
                {
                    key = "on",
                    weight = random.Next(1, 100),
                    value = true,
                },
                new
                {
                    key = "off",
                    weight = 50,
                    value = false,
                },
            },
        };

    private static string State(Random random) => random.Next(2) == 0 ? "on" : "off";

    private static long? Version(string? etag) =>
        etag is null ? null : long.Parse(etag.Trim('"'), CultureInfo.InvariantCulture);
}
