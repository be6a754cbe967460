using System.Globalization;
using System.Text.Json;
using FeatureFlags.Testing;

namespace FeatureFlags.FaultTests.Rig;

/// <summary>What a stream told: an event, or a reset.</summary>
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
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        silence.CancelAfter(Silence);
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
        if (!answer.IsSuccessStatusCode)
            return;

        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(silence.Token));
        var (id, type, data) = (0L, "", "");
        while (await lines.ReadLineAsync(silence.Token) is { } line)
        {
            silence.CancelAfter(Silence);
            if (line.Length == 0)
            {
                Take(id, type, data);
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

    private void Take(long id, string type, string data)
    {
        if (type.Length > 0)
        {
            var eventId = type == "reset" ? null : JsonDocument.Parse(data).RootElement.GetProperty("id").GetString();
            lock (_told)
                _told.Add(new Told(id, type, eventId));
        }
        Volatile.Write(ref _cursor, id);
    }
}
