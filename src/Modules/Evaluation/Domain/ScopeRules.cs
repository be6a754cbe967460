using System.Collections.Frozen;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.Flags.Contracts;
using FeatureFlags.Rules;
using FeatureFlags.Segments.Contracts;

namespace FeatureFlags.Evaluation.Domain;

/// <summary>
/// The compiled rules of one scope as of one revision. Immutable: whoever holds it evaluates against one moment,
/// whatever is swapped in meanwhile.
/// </summary>
internal sealed class ScopeRules
{
    private readonly FrozenDictionary<string, IReadOnlyList<string>> _tags;

    private ScopeRules(ScopeHead head, RuleSet rules, FrozenDictionary<string, IReadOnlyList<string>> tags) =>
        (Head, Rules, _tags) = (head, rules, tags);

    public ScopeHead Head { get; }

    public RuleSet Rules { get; }

    public static ScopeRules Empty(string tenant) =>
        new(default, RuleSet.Empty(tenant), FrozenDictionary<string, IReadOnlyList<string>>.Empty);

    public IReadOnlyList<string> TagsOf(string flagKey) => _tags.GetValueOrDefault(flagKey) ?? [];

    /// <summary>These rules with some entities read anew. Asked for and not found is deleted.</summary>
    public ScopeRules With(ScopeHead head, Reread<TaggedFlag> flags, Reread<SegmentDefinition> segments)
    {
        var change = new RuleSetChange
        {
            Flags = [.. flags.Found.Select(f => f.Definition)],
            RemovedFlags = [.. flags.Asked.Except(flags.Found.Select(f => f.Definition.Key))],
            Segments = segments.Found,
            RemovedSegments = [.. segments.Asked.Except(segments.Found.Select(s => s.Key))],
        };
        var tags = _tags.ToDictionary();
        foreach (var removed in change.RemovedFlags)
            tags.Remove(removed);
        foreach (var flag in flags.Found)
            tags[flag.Definition.Key] = flag.Tags;
        return new ScopeRules(head, Rules.With(change), tags.ToFrozenDictionary(StringComparer.Ordinal));
    }
}

/// <summary>What was asked for by key, and what of it there is.</summary>
internal sealed record Reread<T>(IReadOnlyCollection<string> Asked, IReadOnlyList<T> Found);
