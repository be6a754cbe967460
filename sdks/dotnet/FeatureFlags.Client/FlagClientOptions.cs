using Microsoft.Extensions.Logging;

namespace FeatureFlags.Client;

/// <summary>How a <see cref="FlagClient"/> works. Read when it is created; what changes later changes nothing.</summary>
public sealed class FlagClientOptions
{
    /// <summary>Where the service is, e.g. <c>https://flags.example.com</c>. Required unless <see cref="Offline"/>.</summary>
    public Uri? BaseAddress { get; set; }

    /// <summary>A server key with the scopes <c>evaluate flags:r segments:r</c>. Required unless <see cref="Offline"/>.</summary>
    public string? ApiKey { get; set; }

    /// <summary>
    /// The key's tenant. Not needed: the key knows it. When it is set, rules of another tenant are never taken, and the
    /// service refuses a key of another.
    /// </summary>
    public string? Tenant { get; set; }

    /// <summary>The key's environment, as <see cref="Tenant"/>.</summary>
    public string? Environment { get; set; }

    /// <summary>
    /// A file in which the client keeps the rules it knew last, and from which it begins while the service is away.
    /// One client per file: of two, it has the rules of either. It holds the rules and the segments' user ids; only this
    /// user may read it.
    /// </summary>
    public string? CacheFile { get; set; }

    /// <summary>Rules to begin with, until there are newer ones.</summary>
    public Bootstrap? Bootstrap { get; set; }

    /// <summary>Never uses the network: rules are those of the cache file or the bootstrap, whichever is newer.</summary>
    public bool Offline { get; set; }

    /// <summary>How often to ask for changes while no stream can be had. From 1 s; 30 s unless set.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The longest wait before the next attempt to reach a service that is away, less a random part. 1 s unless set, so
    /// that clients are back within two seconds of the service; with thousands of them, raise it. Once the service has
    /// been away for five minutes, at least 15 s.
    /// </summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long an application that uses <c>AddFeatureFlags</c> waits for rules when it starts; 5 s unless set.</summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Sends the requests, e.g. through a proxy. The client does not dispose of it.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Each fault is logged once, and once that it is over. <c>AddFeatureFlags</c> sets it.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Timers and waiting. Only what is shown to people is taken from its clock.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>In [0, 1), so that clients do not all come back at once.</summary>
    internal Func<double> Jitter { get; set; } = Random.Shared.NextDouble;

    /// <exception cref="ArgumentException">Something is missing or out of range.</exception>
    internal void Check()
    {
        if (!Offline && BaseAddress is not { IsAbsoluteUri: true, Scheme: "http" or "https" })
            throw new ArgumentException("BaseAddress must be an absolute http or https address.");
        if (!Offline && string.IsNullOrWhiteSpace(ApiKey))
            throw new ArgumentException("ApiKey is required.");
        if (CacheFile is not null && string.IsNullOrWhiteSpace(CacheFile))
            throw new ArgumentException("CacheFile must be a path.");
        if (PollInterval < TimeSpan.FromSeconds(1) || PollInterval > TimeSpan.FromDays(1))
            throw new ArgumentException("PollInterval must be from one second to one day.");
        if (MaxRetryDelay < TimeSpan.FromMilliseconds(100) || MaxRetryDelay > TimeSpan.FromHours(1))
            throw new ArgumentException("MaxRetryDelay must be from 0.1 seconds to one hour.");
        if (StartTimeout < TimeSpan.Zero || StartTimeout > TimeSpan.FromHours(1))
            throw new ArgumentException("StartTimeout must be at most one hour.");
    }
}
