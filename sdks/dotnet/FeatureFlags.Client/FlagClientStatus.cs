namespace FeatureFlags.Client;

/// <summary>How a client hears of changes.</summary>
public enum FlagConnection
{
    /// <summary>Not at all, by choice.</summary>
    Offline,

    /// <summary>It has not reached the service yet.</summary>
    Connecting,

    /// <summary>As they happen.</summary>
    Streaming,

    /// <summary>By asking now and then: no stream can be had.</summary>
    Polling,

    /// <summary>Not at all: the service can't be reached, or refuses. The client goes on trying.</summary>
    Disconnected,
}

/// <summary>Where the rules in force come from.</summary>
public enum RulesSource
{
    /// <summary>There are none: every evaluation gives the caller's default.</summary>
    None,

    /// <summary>The application brought them along.</summary>
    Bootstrap,

    /// <summary>The last ones that an earlier run got from the service.</summary>
    CacheFile,

    /// <summary>The service.</summary>
    Service,
}

/// <summary>How a client is doing, at one moment.</summary>
public sealed record FlagClientStatus
{
    /// <summary>How it hears of changes now.</summary>
    public required FlagConnection Connection { get; init; }

    /// <summary>Where the rules in force come from.</summary>
    public required RulesSource Source { get; init; }

    /// <summary>The revision of the rules in force; null without any.</summary>
    public long? Revision { get; init; }

    /// <summary>Whose rules they are; null without any.</summary>
    public string? Tenant { get; init; }

    /// <inheritdoc cref="Tenant"/>
    public string? Environment { get; init; }

    /// <summary>
    /// How long ago the service last said that these rules are the current ones: up to 15 s on a quiet stream. Null: it
    /// has not, in this run.
    /// </summary>
    public TimeSpan? Age { get; init; }

    /// <summary>Since when, by this machine's clock, changes may have been missed; null while none can have been.</summary>
    public DateTimeOffset? StaleSince { get; init; }

    /// <summary>What went wrong last in talking to the service; null since all has been well again.</summary>
    public string? LastError { get; init; }

    /// <summary>Why the cache file or the bootstrap is of no use; null when it is, or there is none.</summary>
    public string? FileError { get; init; }
}
