namespace FeatureFlags.BuildingBlocks.Work;

/// <summary>
/// Works on the items of a kind, in a service scope and call context of the item's own. Nobody else works on the item
/// meanwhile, unless the lease is lost; then <see cref="WorkLease.Require"/> throws and nothing more may be done.
/// </summary>
public interface IWorker
{
    /// <param name="stopping">The host stops: begin nothing new.</param>
    /// <returns>When to come back.</returns>
    Task<Rest> Work(WorkLease lease, CancellationToken stopping);
}

/// <summary>When an item is to be taken up again.</summary>
/// <param name="For">Null: not before a signal.</param>
/// <param name="Pause">So long not even at a signal.</param>
/// <param name="IsGone">The thing is gone, and so is its row.</param>
public sealed record Rest(TimeSpan? For, TimeSpan Pause = default, bool IsGone = false)
{
    public static Rest UntilSignal { get; } = new(For: null);

    /// <summary>There is more to do, but others come first.</summary>
    public static Rest Turn { get; } = new(TimeSpan.Zero);

    public static Rest Gone { get; } = new(For: null, IsGone: true);
}

/// <summary>Another host has taken the work over: what was done is not written down.</summary>
public sealed class LeaseLostException() : Exception("Another worker has taken over.");
