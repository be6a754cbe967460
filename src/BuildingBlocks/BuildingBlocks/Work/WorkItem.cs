using FeatureFlags.BuildingBlocks.Domain;

namespace FeatureFlags.BuildingBlocks.Work;

/// <summary>
/// Something of a tenant's that is worked on now and then, by one host at a time: a webhook and what it has yet to be
/// sent. The row lives as long as the thing. All times are Unix milliseconds by the database's clock.
/// </summary>
public sealed class WorkItem : IScoped
{
    /// <summary>When there is nothing to do until a signal comes.</summary>
    public const long Never = long.MaxValue;

    public required string Kind { get; init; }
    public required string Id { get; init; }
    public required string Tenant { get; init; }
    public required string Environment { get; init; }

    /// <summary>From when on there is something to do; 0 after a signal.</summary>
    public long DueAt { get; init; } = Never;

    /// <summary>Nothing is done before, signals or not.</summary>
    public long PausedUntil { get; init; }

    /// <summary>Counts the signals, so that one which comes while it is worked on is not lost at the end.</summary>
    public long Signals { get; init; }

    /// <summary>When it was last taken up: who has waited longest comes first.</summary>
    public long LeasedAt { get; init; }

    /// <summary>The fencing token: only its holder may write down what the work came to.</summary>
    public string? LeaseToken { get; init; }
    public long? LeaseUntil { get; init; }
}
