using System.Threading.Channels;

namespace FeatureFlags.Client.Sync;

/// <summary>Writes the rules to the cache file soon after they have changed, and what is left when it ends.</summary>
internal sealed class CacheWriter : IAsyncDisposable
{
    // Of many changes in a row the last is enough.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // A full disk may have room again.
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(30);

    private readonly CacheFile _file;
    private readonly FlagState _state;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _writing;
    private readonly Channel<ClientRules> _newest = Channel.CreateBounded<ClientRules>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }
    );
    private ClientRules? _unwritten;

    public CacheWriter(CacheFile file, FlagState state, TimeProvider clock)
    {
        (_file, _state, _clock) = (file, state, clock);
        _writing = Background.Run(Run);
    }

    public void Keep(ClientRules rules) => _newest.Writer.TryWrite(rules);

    /// <summary>Ends, with everything written that can be.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _writing.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task Run()
    {
        var ct = _stop.Token;
        _file.Sweep(_clock.GetUtcNow());
        try
        {
            while (true)
            {
                if (_unwritten is null)
                    await _newest.Reader.WaitToReadAsync(ct).ConfigureAwait(false);
                Write();
                await Task.Delay(_unwritten is null ? Pause : Retry, _clock, ct).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested) { }
        Write();
    }

    private void Write()
    {
        if (_newest.Reader.TryRead(out var newest))
            _unwritten = newest;
        if (_unwritten is null)
            return;
        try
        {
            _file.Write(_unwritten);
            _unwritten = null;
            _state.FileFailed(null);
        }
        // Whatever it is: the rules in memory are good, and this loop is all that says that the file is not.
        catch (Exception error)
        {
            _state.FileFailed($"The cache file can't be written: {error.Message}");
        }
    }
}
