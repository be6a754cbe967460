using System.Globalization;
using System.Text.Json;

namespace FeatureFlags.IntegrationTests.ChangeFeed;

/// <summary>A block of an event stream: an event, or a heartbeat, which has an id only.</summary>
internal sealed record Block(string? Id, string? Event, string? Data)
{
    public bool IsHeartbeat => Data is null;

    public long Revision => long.Parse(Id!, NumberStyles.None, CultureInfo.InvariantCulture);

    public JsonElement Envelope => JsonDocument.Parse(Data!).RootElement;
}

/// <summary>A client of an event stream. It takes a block when it is asked for one, and nothing before.</summary>
internal sealed class EventReader(HttpResponseMessage response, StreamReader lines) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>The answer's status and headers.</summary>
    public HttpResponseMessage Response => response;

    public static async Task<EventReader> Open(HttpClient http, HttpRequestMessage request)
    {
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return new EventReader(response, new StreamReader(await response.Content.ReadAsStreamAsync()));
    }

    public static Task<EventReader> Open(HttpClient http, string query = "", string? lastEventId = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/events{query}");
        if (lastEventId is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        return Open(http, request);
    }

    /// <returns>The next block; null at the end of the stream.</returns>
    public async Task<Block?> Next(CancellationToken ct = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience);
        var block = new Block(null, null, null);
        while (await lines.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.Length == 0)
                return block;
            var (name, value) = (line[..line.IndexOf(':')], line[(line.IndexOf(':') + 1)..].TrimStart(' '));
            block = name switch
            {
                "id" => block with { Id = value },
                "event" => block with { Event = value },
                "data" => block with { Data = value },
                "" => block,
                _ => throw new AssertionException($"No line of an event stream: {line}"),
            };
        }
        return null;
    }

    /// <summary>The next events, heartbeats left out.</summary>
    public async Task<List<Block>> Events(int count)
    {
        var events = new List<Block>();
        while (events.Count < count)
        {
            var next = await Next() ?? throw new AssertionException($"The stream ended after {events.Count} events.");
            if (!next.IsHeartbeat)
                events.Add(next);
        }
        return events;
    }

    /// <summary>Everything up to the next heartbeat, that included: at first, what the client had missed.</summary>
    public async Task<List<Block>> UpToHeartbeat()
    {
        var blocks = new List<Block>();
        do blocks.Add(await Next() ?? throw new AssertionException("The stream ended."));
        while (!blocks[^1].IsHeartbeat);
        return blocks;
    }

    /// <summary>Whether it ends, by whatever way, before anything more than heartbeats comes.</summary>
    public async Task<bool> Ends()
    {
        while (await Next() is { } next)
        {
            if (!next.IsHeartbeat)
                return false;
        }
        return true;
    }

    public ValueTask DisposeAsync()
    {
        lines.Dispose();
        response.Dispose();
        return ValueTask.CompletedTask;
    }
}
