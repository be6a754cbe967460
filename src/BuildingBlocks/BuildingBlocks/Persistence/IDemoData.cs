namespace FeatureFlags.BuildingBlocks.Persistence;

/// <summary>A module's part of the demo tenant, written once, in the order of the modules, through its own commands.</summary>
public interface IDemoData
{
    Task Write(CancellationToken ct);
}
