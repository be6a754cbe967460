using FeatureFlags.BuildingBlocks;

namespace FeatureFlags.Segments;

public sealed class SegmentsModule : IModule;
