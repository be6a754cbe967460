namespace FeatureFlags.BuildingBlocks.Streaming;

/// <summary>Why a stream ends. Whoever is first to say so gives the reason.</summary>
internal sealed class StreamEnd : IAsyncDisposable
{
    /// <summary>The client went away.</summary>
    public const string Left = "left";

    /// <summary>The client took nothing for too long.</summary>
    public const string Slow = "slow";

    /// <summary>The client's token ran out, or the stream has been open for long enough.</summary>
    public const string Expired = "expired";

    /// <summary>The client's key was revoked, or is good for less than before.</summary>
    public const string Revoked = "revoked";

    /// <summary>The host stops.</summary>
    public const string Stopping = "stopping";

    /// <summary>What the client is to be told can't be read.</summary>
    public const string Unavailable = "unavailable";

    private readonly CancellationTokenSource _end = new();
    private string? _reason;
    private Task _ending = Task.CompletedTask;

    public CancellationToken Token => _end.Token;

    public string? Reason => Volatile.Read(ref _reason);

    public void Because(string reason)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, null) is null)
            _ending = _end.CancelAsync();
    }

    /// <summary>After everyone who may still give a reason.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending;
        _end.Dispose();
    }
}
