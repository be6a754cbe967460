namespace FeatureFlags.Host.Http;

/// <summary>
/// Told to stop, the host goes on listening while requests are in flight, a few seconds at most. Readiness is refused
/// meanwhile, so that load balancers take it out before it refuses connections. An idle host stops at once. Requests
/// that take longer are still waited for, by the server.
/// </summary>
internal sealed class Drain(TimeProvider clock) : IHostedLifecycleService
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // One for the host itself, until it is told to stop.
    private int _inFlight = 1;

    public async Task Count(HttpContext context, RequestDelegate next)
    {
        Interlocked.Increment(ref _inFlight);
        try
        {
            await next(context);
        }
        finally
        {
            Leave();
        }
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        Leave();
        await Task.WhenAny(_idle.Task, Task.Delay(Limit, clock, cancellationToken));
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Leave()
    {
        if (Interlocked.Decrement(ref _inFlight) == 0)
            _idle.TrySetResult();
    }
}
