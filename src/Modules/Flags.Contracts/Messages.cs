using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.Rules;

namespace FeatureFlags.Flags.Contracts;

/// <summary>The caller's flags as evaluation needs them.</summary>
/// <param name="Keys">Which; null for all. Keys that name no flag are left out of the answer.</param>
public sealed record FlagDefinitions(IReadOnlyCollection<string>? Keys) : IQuery<IReadOnlyList<FlagDefinition>>;
