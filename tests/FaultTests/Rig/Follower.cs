using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using FeatureFlags.Testing;

namespace FeatureFlags.FaultTests.Rig;

/// <summary>What a stream told: an event, a reset, or with an empty type only where it is.</summary>
internal sealed record Told(long Revision, string Type, string? EventId);

/// <summary>
/// A client of the event stream that wants everything from the first change on. When its stream ends it goes on at
/// whichever host is up, with the last id it was given.
/// </summary>
internal sealed class Follower : IAsyncDisposable
{
    // A heartbeat comes every 15 s.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly CancellationTokenSource _stopping = new();
    private readonly Installation _installation;
    private readonly List<Told> _told = [];
    private readonly Task _reading;
    private long _cursor;

    private Follower(Installation installation, Random random)
    {
        _installation = installation;
        _reading = Task.Run(() => Follow(random));
    }

    /// <summary>The last id it was given.</summary>
    public long Cursor => Volatile.Read(ref _cursor);

    public IReadOnlyList<Told> Told
    {
        get
        {
            lock (_told)
                return [.. _told];
        }
    }

    public static Follower Start(Installation installation, Run run) => new(installation, run.Fork());

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _reading;
        _http.Dispose();
        _stopping.Dispose();
    }

    private async Task Follow(Random random)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await Read(await _installation.Any(random, _stopping.Token));
            }
            catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
            {
                // The next host, or the same one again, goes on from the cursor.
            }
        }
    }

    private async Task Read(HostProcess host)
    {
        using var request = await _installation.Request(host, HttpMethod.Get, "/v1/events?after=0");
        if (Cursor > 0)
            request.Headers.Add("Last-Event-ID", $"{Cursor}");
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _stopping.Token);
        if (!answer.IsSuccessStatusCode)
            return;

        await foreach (var told in Blocks(answer, _stopping.Token))
        {
            if (told.Type.Length > 0)
            {
                lock (_told)
                    _told.Add(told);
            }
            Volatile.Write(ref _cursor, told.Revision);
        }
    }

    /// <summary>Reads a stream, heartbeats included, which have no type.</summary>
    public static async IAsyncEnumerable<Told> Blocks(
        HttpResponseMessage answer,
        [EnumeratorCancellation] CancellationToken ct
    )
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(ct));
        var (id, type, data) = (0L, "", "");
        while (true)
        {
            silence.CancelAfter(Silence);
            if (await lines.ReadLineAsync(silence.Token) is not { } line)
                yield break;
            if (line.Length == 0)
            {
                var isEvent = type.Length > 0 && type != "reset";
                var eventId = isEvent ? JsonDocument.Parse(data).RootElement.GetProperty("id").GetString() : null;
                yield return new Told(id, type, eventId);
                (type, data) = ("", "");
            }
            else if (line.StartsWith("id: ", StringComparison.Ordinal))
                id = long.Parse(line[4..], CultureInfo.InvariantCulture);
            else if (line.StartsWith("event: ", StringComparison.Ordinal))
                type = line[7..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                data = line[6..];
        }
    }
}
