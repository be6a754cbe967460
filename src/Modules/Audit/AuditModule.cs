using FeatureFlags.BuildingBlocks;

namespace FeatureFlags.Audit;

public sealed class AuditModule : IModule;
