using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;

namespace FeatureFlags.Client.Sync;

/// <summary>Asks the service for rules, and says what is wrong with an answer that holds none.</summary>
internal sealed class RuleRequests : IDisposable
{
    private const string StreamType = "text/event-stream";
    private const string RulesType = "application/json";

    /// <summary>How long connecting and the first byte may take; the service sends one at once.</summary>
    public static readonly TimeSpan Opening = TimeSpan.FromSeconds(10);

    // A service that asks for more is asked again all the same.
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    private readonly HttpClient _http;
    private readonly TimeProvider _clock;
    private readonly string? _tenant;
    private readonly string? _environment;

    public RuleRequests(FlagClientOptions options)
    {
        _http = options.HttpHandler is { } handler
            ? new HttpClient(handler, disposeHandler: false)
            // Connections are renewed, so that an address that moves is followed.
            : new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = ConnectionLifetime });
        _http.BaseAddress = WithSlash(options.BaseAddress!);
        _http.Timeout = Timeout.InfiniteTimeSpan;
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", options.ApiKey!.Trim());
        _http.DefaultRequestHeaders.UserAgent.ParseAdd($"FeatureFlags.Client/{Version}");
        if (options.Tenant is { } tenant)
            _http.DefaultRequestHeaders.Add("X-Tenant-ID", tenant);
        if (options.Environment is { } environment)
            _http.DefaultRequestHeaders.Add("X-Environment", environment);
        _clock = options.TimeProvider;
        (_tenant, _environment) = (options.Tenant, options.Environment);
    }

    private static string Version => typeof(RuleRequests).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>Opens the stream behind a cursor; without one it begins with all there is.</summary>
    /// <exception cref="FaultException">The answer is not a stream.</exception>
    public async Task<HttpResponseMessage> OpenStream(Cursor? cursor, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/sdk/stream");
        request.Headers.Accept.ParseAdd(StreamType);
        if (cursor is { } known)
            request.Headers.Add("Last-Event-ID", known.ToString());
        var response = await Send(request, ct).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.OK && Is(response, StreamType))
            return response;
        using (response)
            throw Unexpected(response);
    }

    /// <returns>The rules; null when those behind the cursor are still the current ones.</returns>
    /// <exception cref="FaultException">The answer is none of these.</exception>
    public async Task<ClientRules?> Poll(Cursor? cursor, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/sdk/rules");
        request.Headers.AcceptEncoding.ParseAdd("gzip");
        if (cursor is { } known)
            request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{known}\""));
        using var response = await Send(request, ct).ConfigureAwait(false);
        return response.StatusCode switch
        {
            HttpStatusCode.NotModified when cursor is not null => null,
            HttpStatusCode.OK when Is(response, RulesType) => Checked(
                RuleDocument.Read(await Body(response, ct).ConfigureAwait(false))
            ),
            _ => throw Unexpected(response),
        };
    }

    /// <exception cref="FaultException">They are another tenant's or environment's.</exception>
    public ClientRules Checked(ClientRules rules) =>
        rules.IsOf(_tenant, _environment)
            ? rules
            : throw new FaultException(
                FaultKind.Refused,
                $"The key is of {rules.Tenant}/{rules.Environment}, which is not what the client is set up for."
            );

    public void Dispose() => _http.Dispose();

    private Task<HttpResponseMessage> Send(HttpRequestMessage request, CancellationToken ct) =>
        Patience.Wait(
            stop => _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop),
            Opening,
            _clock,
            ct
        );

    private async Task<ReadOnlyMemory<byte>> Body(HttpResponseMessage response, CancellationToken ct)
    {
        var stream = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        await using var body = response.Content.Headers.ContentEncoding.Contains("gzip")
            ? new GZipStream(stream, CompressionMode.Decompress)
            : stream;
        var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await Patience.Wait(Next, Opening, _clock, ct).ConfigureAwait(false)) > 0)
            bytes.Write(buffer, 0, read);
        return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);

        Task<int> Next(CancellationToken stop) => body.ReadAsync(buffer, stop).AsTask();
    }

    private static bool Is(HttpResponseMessage response, string type) =>
        response.Content.Headers.ContentType?.MediaType == type;

    private static FaultException Unexpected(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new(
                FaultKind.Refused,
                $"The service refuses the key ({status})."
            ),
            HttpStatusCode.OK => new(FaultKind.Status, "What answers is not the service: the answer holds no rules."),
            _ => new(FaultKind.Status, $"The service answers {status}.", RetryAfter(response)),
        };
    }

    // Only in seconds, as the service says it: a date would need two clocks to agree.
    private static TimeSpan? RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter?.Delta is not { } asked ? null
        : asked < LongestRetryAfter ? asked
        : LongestRetryAfter;

    private static Uri WithSlash(Uri address) =>
        address.AbsoluteUri.EndsWith('/') ? address : new Uri($"{address.AbsoluteUri}/");
}
