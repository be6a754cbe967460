using System.Threading.Channels;

namespace FeatureFlags.Client.Sync;

/// <summary>Writes the rules to the cache file soon after they have changed, and what is left when the client ends.</summary>
internal sealed class CacheWriter(CacheFile file, FlagState state, TimeProvider clock)
{
    // Of many changes in a row the last is enough.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Channel<ClientRules> _newest = Channel.CreateBounded<ClientRules>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }
    );

    public void Keep(ClientRules rules) => _newest.Writer.TryWrite(rules);

    /// <summary>Ends, with everything written that can be, once it is cancelled.</summary>
    public async Task Run(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                await _newest.Reader.WaitToReadAsync(ct).ConfigureAwait(false);
                Write();
                await Task.Delay(Pause, clock, ct).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested) { }
        Write();
    }

    private void Write()
    {
        if (!_newest.Reader.TryRead(out var rules))
            return;
        try
        {
            file.Write(rules);
            state.FileFailed(null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            state.FileFailed($"The cache file can't be written: {error.Message}");
        }
    }
}
