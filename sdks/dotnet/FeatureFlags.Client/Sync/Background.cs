namespace FeatureFlags.Client.Sync;

internal static class Background
{
    /// <summary>
    /// Runs it away from whatever the caller is in the middle of: what belongs to a request or an activity would otherwise
    /// live as long as the client.
    /// </summary>
    public static Task Run(Func<Task> work)
    {
        if (ExecutionContext.IsFlowSuppressed())
            return Task.Run(work);
        using var alone = ExecutionContext.SuppressFlow();
        return Task.Run(work);
    }
}
