namespace FeatureFlags.BuildingBlocks.Persistence;

/// <summary>
/// What a module does once at every start, after the migrations and before the host takes traffic: load a key, create
/// the first client, seed the demo. Steps run in the order of the modules; several hosts may run them at once.
/// </summary>
public interface IStartupStep
{
    Task Run(CancellationToken ct);
}
