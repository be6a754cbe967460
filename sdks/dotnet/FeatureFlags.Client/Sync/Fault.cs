using System.Text.Json;

namespace FeatureFlags.Client.Sync;

/// <summary>What can go wrong between a client and the service. Each is logged once per outage.</summary>
internal enum FaultKind
{
    /// <summary>No connection, or it broke.</summary>
    Unreachable,

    /// <summary>The stream ended.</summary>
    Ended,

    /// <summary>Connected, but nothing comes.</summary>
    Stalled,

    /// <summary>The key is not, or no longer, good: 401 or 403.</summary>
    Refused,

    /// <summary>Another status or type of content than is expected.</summary>
    Status,

    /// <summary>What came can't be understood.</summary>
    Unreadable,
}

/// <param name="kind">Which.</param>
/// <param name="message">For people.</param>
/// <param name="retryAfter">How long the service asks to be left alone.</param>
internal sealed class FaultException(FaultKind kind, string message, TimeSpan? retryAfter = null) : Exception(message)
{
    public FaultKind Kind => kind;

    public TimeSpan? RetryAfter => retryAfter;

    /// <summary>What an error of talking to the service amounts to. Whatever it is, the client has to go on.</summary>
    public static FaultException Of(Exception error) =>
        error switch
        {
            FaultException fault => fault,
            TimeoutException => new(FaultKind.Stalled, "The service is connected, but sends nothing."),
            JsonException or InvalidDataException => new(
                FaultKind.Unreadable,
                $"What the service sent can't be understood: {error.Message}"
            ),
            _ => new(FaultKind.Unreachable, $"The service can't be reached: {error.Message}"),
        };
}
