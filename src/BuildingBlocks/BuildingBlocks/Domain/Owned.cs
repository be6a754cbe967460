namespace FeatureFlags.BuildingBlocks.Domain;

/// <summary>
/// A row of one (tenant, environment). Reads are filtered to the caller's scope by themselves, and a save that touches
/// another scope's row is refused.
/// </summary>
public interface IScoped
{
    string Tenant { get; }

    string Environment { get; }
}

/// <summary>A row that stays after its deletion; reads leave deleted ones out unless they say otherwise.</summary>
public interface ISoftDeleted
{
    DateTimeOffset? DeletedAt { get; }
}
