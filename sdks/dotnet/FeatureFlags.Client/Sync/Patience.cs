namespace FeatureFlags.Client.Sync;

/// <summary>Waits for an answer or a byte, but not for ever.</summary>
internal static class Patience
{
    /// <param name="begin">What is waited for; it is told when nobody waits any longer.</param>
    /// <exception cref="TimeoutException">It took longer than <paramref name="atMost"/>.</exception>
    public static async Task<T> Wait<T>(
        Func<CancellationToken, Task<T>> begin,
        TimeSpan atMost,
        TimeProvider clock,
        CancellationToken ct
    )
    {
        using var late = new CancellationTokenSource(atMost, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        var work = begin(either.Token);
        try
        {
            // It ends when it is told to, unless it is a handler of the application's that does not listen.
            return await work.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (Exception) when (either.IsCancellationRequested)
        {
            // How it fails later is nobody's business, the application's handler of unobserved exceptions included.
            _ = work.ContinueWith(
                static left => left.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
            ct.ThrowIfCancellationRequested();
            throw new TimeoutException();
        }
    }
}
