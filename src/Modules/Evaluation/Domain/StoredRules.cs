using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.Flags.Contracts;
using FeatureFlags.Rules;
using FeatureFlags.Segments.Contracts;

namespace FeatureFlags.Evaluation.Domain;

/// <summary>All that the rules of one scope are made of, as of one revision.</summary>
internal sealed record StoredRules(
    ScopeHead Head,
    IReadOnlyList<FlagDocument> Flags,
    IReadOnlyList<SegmentDocument> Segments
)
{
    public ScopeRules Compiled() =>
        ScopeRules
            .Empty(Head.Scope.Tenant)
            .With(
                Head,
                new Reread<FlagDefinition>([], [.. Flags.Select(f => f.Definition())]),
                new Reread<SegmentDefinition>([], [.. Segments.Select(s => s.Definition())])
            );
}
