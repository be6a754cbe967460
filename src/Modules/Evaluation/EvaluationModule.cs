using FeatureFlags.BuildingBlocks;

namespace FeatureFlags.Evaluation;

public sealed class EvaluationModule : IModule;
