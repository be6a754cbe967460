using FeatureFlags.BuildingBlocks;
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

    /// <summary>The rules of a scope that nobody ever wrote to.</summary>
    public static ScopeRules Empty(Scope scope) => new(new ScopeHead(scope, 0, ""), RuleSet.Empty(scope.Tenant));

    public ScopeRules With(StoredChanges changes) =>
        new(
            changes.Head,
            Rules.With(
                new RuleSetChange
                {
                    Flags = [.. changes.Flags.Select(f => f.Definition())],
                    RemovedFlags = changes.RemovedFlags,
                    Segments = [.. changes.Segments.Select(s => s.Definition())],
                    RemovedSegments = changes.RemovedSegments,
                }
            )
        );
}
