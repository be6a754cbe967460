using FeatureFlags.Access;
using FeatureFlags.Audit;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.ChangeFeed;
using FeatureFlags.Evaluation;
using FeatureFlags.Flags;
using FeatureFlags.Segments;

namespace FeatureFlags.Host;

internal static class Modules
{
    /// <summary>Every module, in the order they start in. Adding one is one line.</summary>
    public static readonly IReadOnlyList<IModule> All =
    [
        new OutboxModule(),
        new AccessModule(),
        new SegmentsModule(),
        new FlagsModule(),
        new EvaluationModule(),
        new AuditModule(),
        new ChangeFeedModule(),
    ];
}
