using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.Flags.Contracts;
using FeatureFlags.Segments.Contracts;

namespace FeatureFlags.Evaluation.Domain;

/// <summary>All that the rules of one scope are made of, as of one revision.</summary>
internal sealed record StoredRules(
    ScopeHead Head,
    IReadOnlyList<FlagDocument> Flags,
    IReadOnlyList<SegmentDocument> Segments
)
{
    /// <summary>What is stored of a scope that nobody ever wrote to.</summary>
    public static StoredRules Empty(Scope scope) => new(new ScopeHead(scope, 0, ""), [], []);

    public ScopeRules Compiled() => ScopeRules.Empty(Head.Scope).With(new StoredChanges(Head, Flags, [], Segments, []));
}

/// <summary>What became of the entities of one scope that changed up to some revision.</summary>
/// <param name="Flags">Those that there are, whole.</param>
/// <param name="RemovedFlags">The keys of those that are gone.</param>
/// <param name="Segments">Those that there are, whole.</param>
/// <param name="RemovedSegments">The keys of those that are gone.</param>
internal sealed record StoredChanges(
    ScopeHead Head,
    IReadOnlyList<FlagDocument> Flags,
    IReadOnlyList<string> RemovedFlags,
    IReadOnlyList<SegmentDocument> Segments,
    IReadOnlyList<string> RemovedSegments
);
