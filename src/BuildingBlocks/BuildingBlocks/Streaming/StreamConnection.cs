using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Prometheus;

namespace FeatureFlags.BuildingBlocks.Streaming;

/// <summary>
/// One client's stream of server-sent events: how it begins, what ends it, and how bytes get to a client that may not
/// take them. What it tells is its endpoint's.
/// </summary>
public sealed class StreamConnection : IAsyncDisposable
{
    /// <summary>How often a client is told its cursor, so that one that hears of few events keeps a young one.</summary>
    public static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(15);

    // Even with a token that never runs out: so that connections spread again over the hosts there are.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private readonly HttpContext _context;
    private readonly CallContext _call;
    private readonly string _name;
    private readonly IDisposable _place;
    private readonly IDatabaseEngine _engine;
    private readonly TimeProvider _clock;
    private readonly StreamEnd _end = new();
    private readonly CancellationTokenRegistration[] _causes;
    private readonly System.Threading.ITimer _expiry;
    private readonly PeriodicTimer _heartbeats;
    private readonly Counter.Child _sent;
    private Task<bool> _heartbeat;

    internal StreamConnection(
        HttpContext context,
        CallContext call,
        string name,
        IDisposable place,
        IDatabaseEngine engine,
        TimeProvider clock,
        CancellationToken stopping
    )
    {
        (_context, _call, _name, _place, _engine, _clock) = (context, call, name, place, engine, clock);
        _sent = StreamMetrics.Sent.WithLabels(name);
        StreamMetrics.Open.WithLabels(name).Inc();
        _causes =
        [
            context.RequestAborted.Register(() => _end.Because(StreamEnd.Left)),
            call.Revoked.Register(() => _end.Because(StreamEnd.Revoked)),
            stopping.Register(() => _end.Because(StreamEnd.Stopping)),
        ];
        _expiry = clock.CreateTimer(
            _ => _end.Because(StreamEnd.Expired),
            state: null,
            TimeLeft(call.Until),
            Timeout.InfiniteTimeSpan
        );
        _heartbeats = new PeriodicTimer(HeartbeatEvery, clock);
        _heartbeat = NextHeartbeat();
    }

    /// <summary>Cancelled when the stream is over, for whatever reason.</summary>
    public CancellationToken Ended => _end.Token;

    /// <summary>
    /// Begins the answer and tells until the stream is over: because the client left or takes nothing, its token ends
    /// or its key is revoked, the host stops, or the database is away while it is needed. The client then comes back,
    /// with its cursor, to a host that can go on.
    /// </summary>
    /// <param name="tell">Goes on until <see cref="Ended"/>.</param>
    public async Task Run(Func<Task> tell)
    {
        var response = _context.Response;
        response.ContentType = Streams.MediaType;
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
        _context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
        try
        {
            await tell();
        }
        catch (OperationCanceledException) when (Ended.IsCancellationRequested) { }
        catch (Exception error) when (error is UnavailableException || _engine.IsUnavailable(error))
        {
            _end.Because(StreamEnd.Unavailable);
        }
        StreamMetrics.Ended.WithLabels(_name, _end.Reason!).Inc();
        // Nobody reads the rest: it would be waited for.
        if (_end.Reason == StreamEnd.Slow)
            _context.Abort();
    }

    /// <param name="frame">As <see cref="StreamFrame"/> makes them.</param>
    public ValueTask SendEvent(ReadOnlyMemory<byte> frame)
    {
        _sent.Inc();
        return Send(frame);
    }

    /// <param name="cursor">What the client has.</param>
    public ValueTask SendHeartbeat(string cursor)
    {
        _call.GoOn(_clock.GetUtcNow());
        return Send(StreamFrame.Heartbeat(cursor));
    }

    /// <summary>Waits until there is something to tell, and lets the client know meanwhile that the stream lives.</summary>
    /// <param name="cursor">Says what the client has.</param>
    public async Task WaitFor(Task next, Func<string> cursor)
    {
        do
        {
            await Task.WhenAny(next, _heartbeat);
            if (!_heartbeat.IsCompleted)
                continue;
            await _heartbeat;
            await SendHeartbeat(cursor());
            _heartbeat = NextHeartbeat();
        } while (!next.IsCompleted);
    }

    public async ValueTask DisposeAsync()
    {
        _heartbeats.Dispose();
        await _expiry.DisposeAsync();
        foreach (var cause in _causes)
            await cause.DisposeAsync();
        await _end.DisposeAsync();
        StreamMetrics.Open.WithLabels(_name).Dec();
        _place.Dispose();
    }

    private async ValueTask Send(ReadOnlyMemory<byte> frame)
    {
        try
        {
            await _context.Response.BodyWriter.WritePatiently(frame, _clock, Ended);
        }
        catch (TimeoutException)
        {
            _end.Because(StreamEnd.Slow);
            Ended.ThrowIfCancellationRequested();
        }
    }

    private Task<bool> NextHeartbeat() => _heartbeats.WaitForNextTickAsync(Ended).AsTask();

    private TimeSpan TimeLeft(DateTimeOffset? until)
    {
        var left = until - _clock.GetUtcNow() ?? Longest;
        return left < TimeSpan.Zero ? TimeSpan.Zero
            : left < Longest ? left
            : Longest;
    }
}
