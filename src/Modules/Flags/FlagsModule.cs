using FeatureFlags.BuildingBlocks;

namespace FeatureFlags.Flags;

public sealed class FlagsModule : IModule;
