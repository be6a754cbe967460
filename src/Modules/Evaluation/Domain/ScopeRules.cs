using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.Rules;

namespace FeatureFlags.Evaluation.Domain;

/// <summary>
/// The compiled rules of one scope as of one revision. Immutable: whoever holds it evaluates against one moment,
/// whatever is swapped in meanwhile.
/// </summary>
internal sealed record ScopeRules(ScopeHead Head, RuleSet Rules)
{
    /// <summary>They were kept on disk, and the database has not confirmed them since.</summary>
    public bool IsFromFile { get; init; }

    public static ScopeRules Empty(string tenant) => new(default, RuleSet.Empty(tenant));

    /// <summary>These rules with some entities read anew. Asked for and not found is deleted.</summary>
    public ScopeRules With(ScopeHead head, Reread<FlagDefinition> flags, Reread<SegmentDefinition> segments) =>
        new(
            head,
            Rules.With(
                new RuleSetChange
                {
                    Flags = flags.Found,
                    RemovedFlags = [.. flags.Asked.Except(flags.Found.Select(f => f.Key))],
                    Segments = segments.Found,
                    RemovedSegments = [.. segments.Asked.Except(segments.Found.Select(s => s.Key))],
                }
            )
        );
}

/// <summary>What was asked for by key, and what of it there is.</summary>
internal sealed record Reread<T>(IReadOnlyCollection<string> Asked, IReadOnlyList<T> Found);
