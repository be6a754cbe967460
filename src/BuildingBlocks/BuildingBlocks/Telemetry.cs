using System.Diagnostics;

namespace FeatureFlags.BuildingBlocks;

public static class Telemetry
{
    public const string SourceName = "FeatureFlags";

    /// <summary>Where every span of the service starts; without a listener a span costs nothing.</summary>
    public static readonly ActivitySource Source = new(SourceName);
}
