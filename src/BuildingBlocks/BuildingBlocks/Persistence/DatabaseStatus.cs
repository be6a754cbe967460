namespace FeatureFlags.BuildingBlocks.Persistence;

/// <summary>Whether the database was reached and migrated since the process started. Work on it waits for that.</summary>
public sealed class DatabaseStatus
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsReady => _ready.Task.IsCompletedSuccessfully;

    public Task WhenReady(CancellationToken ct) => _ready.Task.WaitAsync(ct);

    public void SetReady() => _ready.TrySetResult();
}
