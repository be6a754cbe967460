using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FeatureFlags.ClientTests;

/// <summary>
/// Speaks the protocol that clients follow rules by, and does wrong on demand what a network or a service can do wrong.
/// Beats only when told to.
/// </summary>
internal sealed class FakeService : IAsyncDisposable
{
    private readonly object _lock = new();
    private readonly Dictionary<string, JsonObject> _flags = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonObject> _segments = new(StringComparer.Ordinal);
    private readonly List<Channel<string>> _streams = [];
    private readonly List<(string Cursor, string Delta)> _history = [];
    private WebApplication? _app;
    private int _port;

    public Uri Address => new($"http://127.0.0.1:{_port}");

    public string Tenant { get; init; } = "acme";

    public long Revision { get; private set; }

    public string EventId { get; private set; } = "";

    public string Cursor => $"{Revision}.{EventId}";

    /// <summary>What answers a request in place of the service; null: the service.</summary>
    public Func<HttpContext, Task>? Instead { get; set; }

    /// <summary>The cursor that each stream was opened with.</summary>
    public ConcurrentQueue<string?> StreamRequests { get; } = [];

    /// <summary>The entity tag that each poll came with.</summary>
    public ConcurrentQueue<string?> Polls { get; } = [];

    public int OpenStreams
    {
        get
        {
            lock (_lock)
                return _streams.Count;
        }
    }

    public static async Task<FakeService> Started(string tenant = "acme")
    {
        var service = new FakeService { Tenant = tenant };
        await service.Start();
        return service;
    }

    /// <summary>Listens, after the first time on the same port again.</summary>
    public async Task Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{_port}");
        _app = builder.Build();
        _app.Run(Answer);
        await _app.StartAsync();
        _port = new Uri(_app.Urls.Single()).Port;
    }

    public async Task Stop()
    {
        Cut();
        if (_app is { } app)
            await app.DisposeAsync();
        _app = null;
    }

    /// <summary>Adds or replaces a flag that is on for everyone.</summary>
    public void Put(string key, bool value) =>
        PutFlag(
            $$"""
            {"key":"{{key}}","state":"on","variants":[{"key":"v","weight":1,"value":{{(value ? "true" : "false")}}}],
             "off_variant":"v","rules":[],"metadata":{"owner":"web"} }
            """
        );

    public void PutFlag(string json) => Change(flag: Parse(json));

    public void PutSegment(string json) => Change(segment: Parse(json));

    public void RemoveFlag(string key) => Change(removedFlag: key);

    /// <summary>Something happens that changes no rules.</summary>
    public void MoveOn()
    {
        lock (_lock)
        {
            Advance();
            _history.Clear();
        }
    }

    /// <summary>As after a backup was restored: another history, at an older revision.</summary>
    public void Restore(long revision)
    {
        lock (_lock)
        {
            _history.Clear();
            (Revision, EventId) = (revision, "restored");
        }
    }

    public void Beat() => Send($": heartbeat\nid: {Cursor}\n\n");

    public void Send(string frame)
    {
        lock (_lock)
            _streams.ForEach(stream => stream.Writer.TryWrite(frame));
    }

    /// <summary>Ends the streams that are open.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            _streams.ForEach(stream => stream.Writer.TryComplete());
            _streams.Clear();
        }
    }

    public string Document()
    {
        lock (_lock)
            return new JsonObject
            {
                ["format"] = 1,
                ["tenant"] = Tenant,
                ["environment"] = "production",
                ["revision"] = Revision,
                ["event_id"] = EventId,
                ["flags"] = new JsonArray([.. _flags.Values.Select(f => f.DeepClone())]),
                ["segments"] = new JsonArray([.. _segments.Values.Select(s => s.DeepClone())]),
            }.ToJsonString();
    }

    public async ValueTask DisposeAsync() => await Stop();

    private void Change(JsonObject? flag = null, JsonObject? segment = null, string? removedFlag = null)
    {
        lock (_lock)
        {
            var from = Cursor;
            Advance();
            foreach (var (entity, entities) in new[] { (flag, _flags), (segment, _segments) })
            {
                if (entity is null)
                    continue;
                entity["version"] = Revision;
                entities[(string)entity["key"]!] = entity;
            }
            if (removedFlag is not null)
                _flags.Remove(removedFlag);
            var delta = new JsonObject
            {
                ["from"] = from,
                ["revision"] = Revision,
                ["event_id"] = EventId,
                ["flags"] = new JsonArray([.. new[] { flag }.OfType<JsonObject>().Select(f => f.DeepClone())]),
                ["segments"] = new JsonArray([.. new[] { segment }.OfType<JsonObject>().Select(s => s.DeepClone())]),
                ["removed_flags"] = new JsonArray([.. new[] { removedFlag }.OfType<string>().Select(k => (JsonNode)k)]),
                ["removed_segments"] = new JsonArray(),
            };
            var frame = $"id: {Cursor}\nevent: delta\ndata: {delta.ToJsonString()}\n\n";
            _history.Add((from, frame));
            Send(frame);
        }
    }

    private void Advance() => (Revision, EventId) = (Revision + 1, $"E{Revision + 1}");

    private static JsonObject Parse(string json) =>
        JsonNode.Parse(json, documentOptions: new() { MaxDepth = 128 })!.AsObject();

    private async Task Answer(HttpContext context)
    {
        var isStream = context.Request.Path == "/v1/sdk/stream";
        if (isStream)
            StreamRequests.Enqueue(context.Request.Headers["Last-Event-ID"]);
        else
            Polls.Enqueue(context.Request.Headers.IfNoneMatch);
        if (Instead is { } other)
            await other(context);
        else if (context.Request.Headers.Authorization != "Bearer ff_server_good")
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        else if (isStream)
            await Stream(context);
        else if (context.Request.Path == "/v1/sdk/rules")
            await Rules(context);
        else
            context.Response.StatusCode = StatusCodes.Status404NotFound;
    }

    public async Task Rules(HttpContext context)
    {
        var tag = $"\"{Cursor}\"";
        context.Response.Headers.ETag = tag;
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        context.Response.ContentType = "application/json";
        context.Response.Headers.ContentEncoding = "gzip";
        await using var body = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
        await body.WriteAsync(Encoding.UTF8.GetBytes(Document()));
    }

    public async Task Stream(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        var frames = Channel.CreateUnbounded<string>();
        lock (_lock)
        {
            string? cursor = context.Request.Headers["Last-Event-ID"];
            var known = _history.FindIndex(change => change.Cursor == cursor);
            if (cursor == Cursor)
                frames.Writer.TryWrite($": heartbeat\nid: {Cursor}\n\n");
            else if (known >= 0)
                _history[known..].ForEach(change => frames.Writer.TryWrite(change.Delta));
            else
                frames.Writer.TryWrite($"id: {Cursor}\nevent: snapshot\ndata: {Document()}\n\n");
            _streams.Add(frames);
        }
        try
        {
            await foreach (var frame in frames.Reader.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync(frame);
                await context.Response.Body.FlushAsync();
            }
        }
        catch (OperationCanceledException) { }
        finally
        {
            lock (_lock)
                _streams.Remove(frames);
        }
    }
}
