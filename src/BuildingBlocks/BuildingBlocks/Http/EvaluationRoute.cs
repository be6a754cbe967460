namespace FeatureFlags.BuildingBlocks.Http;

/// <summary>
/// Metadata of a route that evaluates flags (<c>.WithMetadata(new EvaluationRoute())</c>): the tenant's limit on
/// evaluations counts it, not the one on reads or writes.
/// </summary>
public sealed record EvaluationRoute;
