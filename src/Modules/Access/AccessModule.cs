using FeatureFlags.BuildingBlocks;

namespace FeatureFlags.Access;

public sealed class AccessModule : IModule;
