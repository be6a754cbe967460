using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FeatureFlags.FaultTests.Rig;

/// <summary>What arrived at an endpoint.</summary>
/// <param name="Late">How long after the change.</param>
internal sealed record Arrival(string EventId, long Revision, string Key, bool IsSigned, TimeSpan Late)
{
    /// <summary>Whether it was answered with success.</summary>
    public bool IsTaken { get; set; }
}

/// <summary>Answers a delivery; true if with success.</summary>
internal delegate Task<bool> Manner(HttpContext context);

/// <summary>An address that is told of the changes of flags. It notes each delivery before it answers.</summary>
internal sealed class Endpoint(string name)
{
    private readonly ConcurrentQueue<Arrival> _arrivals = [];

    public string Name => name;

    /// <summary>The webhook's id.</summary>
    public string Id { get; private set; } = "";

    /// <summary>The revision of the webhook's creation: changes after it are to be told.</summary>
    public long Since { get; private set; }

    /// <summary>Whether every change must have arrived, and been taken, in the end.</summary>
    public bool IsBound { get; init; } = true;

    public required Manner Manner { get; set; }

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyCollection<Arrival> Arrivals => _arrivals;

    private string Secret { get; set; } = "";

    /// <summary>Creates the webhook.</summary>
    public async Task Subscribe(Installation installation, Uri address)
    {
        var host = installation.Hosts[0];
        var (status, webhook) = await installation.Ask(
            host,
            HttpMethod.Post,
            "/v1/webhooks",
            new { url = new Uri(address, name), event_types = new[] { "flag.created", "flag.updated", "flag.deleted" } }
        );
        Assert.That(status, Is.EqualTo(201), webhook.ToString());
        Id = webhook.GetProperty("id").GetString()!;
        Secret = webhook.GetProperty("secret").GetString()!;
        Since = (await History.Of(installation)).Messages.Single(message => message.Key == Id).Revision;
    }

    public async Task Take(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var envelope = JsonDocument.Parse(body.ToArray()).RootElement;
        var arrival = new Arrival(
            envelope.GetProperty("id").GetString()!,
            envelope.GetProperty("revision").GetInt64(),
            envelope.GetProperty("data").GetProperty("key").GetString()!,
            IsSigned(context.Request.Headers, body.ToArray(), envelope.GetProperty("id").GetString()!),
            TimeProvider.System.GetUtcNow() - envelope.GetProperty("timestamp").GetDateTimeOffset()
        );
        _arrivals.Enqueue(arrival);
        arrival.IsTaken = await Manner(context);
    }

    /// <summary>By the rules of Standard Webhooks: HMAC-SHA256 over id, timestamp and body.</summary>
    private bool IsSigned(IHeaderDictionary headers, byte[] body, string eventId)
    {
        var (id, timestamp) = ($"{headers["webhook-id"]}", $"{headers["webhook-timestamp"]}");
        var content = Encoding.UTF8.GetBytes($"{id}.{timestamp}.").Concat(body).ToArray();
        var key = Convert.FromBase64String(Secret["whsec_".Length..]);
        var age =
            TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - long.Parse(timestamp, CultureInfo.InvariantCulture);
        return id == eventId
            && Math.Abs(age) < 300
            && $"{headers["webhook-signature"]}"
                .Split(' ')
                .Contains($"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, content))}");
    }
}

/// <summary>A web server in the test's process, with endpoints that behave as receivers do.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _server;

    private Receiver(IReadOnlyList<Endpoint> endpoints)
    {
        Endpoints = endpoints;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        foreach (var endpoint in endpoints)
            _server.MapPost($"/{endpoint.Name}", endpoint.Take);
    }

    public IReadOnlyList<Endpoint> Endpoints { get; }

    /// <summary>Starts it and subscribes all of its endpoints.</summary>
    public static async Task<Receiver> For(Installation installation, params Endpoint[] endpoints)
    {
        var receiver = new Receiver(endpoints);
        await receiver._server.StartAsync();
        foreach (var endpoint in endpoints)
            await endpoint.Subscribe(installation, new Uri(receiver._server.Urls.Single()));
        return receiver;
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();
}

/// <summary>How receivers behave.</summary>
internal static class Manners
{
    private static readonly byte[] Kilobytes = new byte[64 * 1024];

    public static Task<bool> Ok(HttpContext context) => Status(context, 200);

    /// <summary>Fails now and then.</summary>
    public static Manner Failing(Run run, double share)
    {
        var random = run.Fork();
        return context =>
        {
            lock (random)
                return Status(context, random.NextDouble() < share ? 500 : 200);
        };
    }

    /// <summary>Never answers.</summary>
    public static async Task<bool> Hang(HttpContext context)
    {
        await Task.Delay(Timeout.Infinite, context.RequestAborted)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return false;
    }

    /// <summary>Answers success and then 10 GB.</summary>
    public static async Task<bool> Flood(HttpContext context)
    {
        for (var sent = 0L; sent < 10_000_000_000 && !context.RequestAborted.IsCancellationRequested; )
        {
            await context.Response.Body.WriteAsync(Kilobytes, context.RequestAborted);
            sent += Kilobytes.Length;
        }
        return true;
    }

    /// <summary>Answers success with some kilobytes that would be a gigabyte when unpacked.</summary>
    public static async Task<bool> Bomb(HttpContext context)
    {
        context.Response.Headers.ContentEncoding = "gzip";
        await context.Response.Body.WriteAsync(BombBytes.Value);
        return true;
    }

    public static Task<bool> Redirect(HttpContext context)
    {
        context.Response.Headers.Location = "/elsewhere";
        return Status(context, 302);
    }

    public static Task<bool> Gone(HttpContext context) => Status(context, 410);

    /// <summary>Asks for waits that make no sense.</summary>
    public static Manner OddRetryAfter(Run run)
    {
        string[] odd = ["-5", "soon", "1e9", "99999999999999999999", "Thu, 01 Jan 1970 00:00:00 GMT", "0", ""];
        var random = run.Fork();
        return context =>
        {
            lock (random)
                context.Response.Headers.RetryAfter = odd[random.Next(odd.Length)];
            return Status(context, 503);
        };
    }

    private static readonly Lazy<byte[]> BombBytes = new(() =>
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            for (var written = 0; written < 1_000_000_000; written += Kilobytes.Length)
                gzip.Write(Kilobytes);
        }
        return packed.ToArray();
    });

    private static Task<bool> Status(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.FromResult(status < 300);
    }
}
