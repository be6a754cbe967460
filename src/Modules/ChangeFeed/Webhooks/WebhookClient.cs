using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using FeatureFlags.ChangeFeed.Domain;
using FeatureFlags.ChangeFeed.Outbound;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace FeatureFlags.ChangeFeed.Webhooks;

/// <summary>
/// Makes one attempt: a POST, within a time, with one quick repetition when no connection was made. An address that
/// keeps failing is left alone for a while, so that it takes no room from others.
/// </summary>
internal sealed class WebhookClient : IDisposable
{
    /// <summary>How long an attempt may take, from the first connection to the answer's status.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    /// <summary>How long an address that keeps failing is left alone.</summary>
    public static readonly TimeSpan Break = TimeSpan.FromSeconds(10);

    // Of an answer no more is read, and of that the start is kept.
    private const int MaxResponseBytes = 8 * 1024;
    private const int MaxKeptLength = 1_000;

    // The status is what counts: an answer whose body does not come is not waited for.
    private static readonly TimeSpan BodyTimeout = TimeSpan.FromSeconds(2);

    // Rejects a byte stream that never ends its headers.
    private const int MaxResponseHeadersKilobytes = 16;

    private static readonly HttpRequestError[] NothingWasSent =
    [
        HttpRequestError.NameResolutionError,
        HttpRequestError.ConnectionError,
        HttpRequestError.SecureConnectionError,
    ];

    private readonly HttpClient _http;
    private readonly TimeProvider _clock;

    // One for each webhook that was called since the start.
    private readonly ConcurrentDictionary<string, ResiliencePipeline<AttemptResult>> _pipelines = new(
        StringComparer.Ordinal
    );

    public WebhookClient(GuardedDialer dialer, TimeProvider clock)
    {
        _clock = clock;
        _http = new HttpClient(
            new SocketsHttpHandler
            {
                ConnectCallback = dialer.Connect,
                // A proxy would be dialled in the receiver's place.
                UseProxy = false,
                AllowAutoRedirect = false,
                UseCookies = false,
                AutomaticDecompression = DecompressionMethods.None,
                ConnectTimeout = TimeSpan.FromSeconds(5),
                // Names are looked up again, by the guard, with each new connection.
                PooledConnectionLifetime = TimeSpan.FromMinutes(1),
                PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
                MaxResponseHeadersLength = MaxResponseHeadersKilobytes,
                // What is left of an answer is not read to keep the connection.
                MaxResponseDrainSize = 0,
                // The trace is the sender's business.
                ActivityHeadersPropagator = null,
            }
        )
        {
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("FeatureFlags-Webhooks", "1"));
    }

    /// <returns>Null when the address is left alone for now: no attempt was made.</returns>
    public async Task<AttemptResult?> Attempt(Webhook webhook, string eventId, byte[] body, CancellationToken ct)
    {
        var pipeline = _pipelines.GetOrAdd(webhook.Id, _ => Pipeline());
        var (started, since) = (_clock.GetUtcNow(), _clock.GetTimestamp());
        AttemptResult result;
        try
        {
            result = await pipeline.ExecuteAsync(
                async token => await Post(webhook, eventId, body, token) with { StartedAt = started },
                ct
            );
        }
        catch (BrokenCircuitException)
        {
            return null;
        }
        catch (TimeoutRejectedException)
        {
            result = Failed($"It did not answer within {Timeout.TotalSeconds:0} s.") with { StartedAt = started };
        }
        result = result with { Duration = _clock.GetElapsedTime(since) };
        WebhookMetrics.Duration.Observe(result.Duration.TotalSeconds);
        return result;
    }

    public void Dispose() => _http.Dispose();

    private ResiliencePipeline<AttemptResult> Pipeline() =>
        new ResiliencePipelineBuilder<AttemptResult> { TimeProvider = _clock }
            .AddCircuitBreaker(
                new CircuitBreakerStrategyOptions<AttemptResult>
                {
                    // Most of so many that an address that fails now and then is not taken for one that is down; over
                    // so long that it works for one that is seldom called, too.
                    FailureRatio = 0.7,
                    MinimumThroughput = 10,
                    SamplingDuration = TimeSpan.FromMinutes(30),
                    BreakDuration = Break,
                    ShouldHandle = new PredicateBuilder<AttemptResult>()
                        .HandleResult(result => !result.IsSuccess)
                        .Handle<TimeoutRejectedException>(),
                }
            )
            .AddTimeout(Timeout)
            .AddRetry(
                new RetryStrategyOptions<AttemptResult>
                {
                    // A receiver that is being restarted is there again in a moment.
                    MaxRetryAttempts = 1,
                    Delay = TimeSpan.FromMilliseconds(200),
                    ShouldHandle = new PredicateBuilder<AttemptResult>().HandleResult(result => result.MayBeRepeated),
                }
            )
            .Build();

    private async Task<AttemptResult> Post(Webhook webhook, string eventId, byte[] body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url)
        {
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var now = _clock.GetUtcNow();
        var timestamp = now.ToUnixTimeSeconds();
        request.Headers.Add("webhook-id", eventId);
        request.Headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add(
            "webhook-signature",
            string.Join(' ', webhook.SecretsAt(now).Select(secret => secret.Sign(eventId, timestamp, body)))
        );
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            var status = (int)response.StatusCode;
            return new AttemptResult(
                now,
                TimeSpan.Zero,
                status,
                response.IsSuccessStatusCode ? null : Complaint(status),
                await Start(response.Content, ct),
                response.IsSuccessStatusCode ? null : RetryAfter(response.Headers.RetryAfter, now)
            );
        }
        catch (HttpRequestException error)
        {
            return Refusal(error) is { } refused
                ? Failed(refused.Message)
                : Failed($"It could not be reached: {error.HttpRequestError}.") with
                {
                    MayBeRepeated = NothingWasSent.Contains(error.HttpRequestError),
                };
        }
        // Of the connection alone: the attempt as a whole has a time of its own.
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Failed("No connection was made in time.");
        }
    }

    private static string Complaint(int status) =>
        status is >= 300 and < 400
            ? $"It answered with status {status}; redirects are not followed."
            : $"It answered with status {status}.";

    private AttemptResult Failed(string error) => new(_clock.GetUtcNow(), TimeSpan.Zero, Status: null, error);

    private static AddressRefusedException? Refusal(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is AddressRefusedException refused)
                return refused;
        }
        return null;
    }

    /// <summary>Dates count from this host's clock; what lies in the past asks for nothing.</summary>
    private static TimeSpan? RetryAfter(RetryConditionHeaderValue? header, DateTimeOffset now) =>
        (header?.Delta ?? header?.Date - now) is { } wait && wait > TimeSpan.Zero ? wait : null;

    /// <summary>The first characters of the answer, for people: what they can't read is left out.</summary>
    private async Task<string?> Start(HttpContent content, CancellationToken ct)
    {
        if (content.Headers.ContentEncoding.Count > 0)
            return null;

        using var limit = new CancellationTokenSource(BodyTimeout, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        var buffer = ArrayPool<byte>.Shared.Rent(MaxResponseBytes);
        var read = 0;
        try
        {
            await using var stream = await content.ReadAsStreamAsync(both.Token);
            for (int next; read < MaxResponseBytes; read += next)
            {
                next = await stream.ReadAsync(buffer.AsMemory(read, MaxResponseBytes - read), both.Token);
                if (next == 0)
                    break;
            }
        }
        catch (Exception error) when (error is IOException or HttpRequestException or OperationCanceledException)
        {
            // The status was answered all the same.
        }
        var text = Readable(Encoding.UTF8.GetString(buffer, 0, read));
        ArrayPool<byte>.Shared.Return(buffer);
        return text.Length > 0 ? text : null;
    }

    private static string Readable(string text)
    {
        var kept = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (kept.Length >= MaxKeptLength)
                break;
            if (!Rune.IsControl(rune) || rune.Value is '\n' or '\t')
                kept.Append(rune.ToString());
        }
        return kept.ToString();
    }
}
