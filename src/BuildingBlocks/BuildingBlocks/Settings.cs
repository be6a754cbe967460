using Microsoft.Extensions.Configuration;

namespace FeatureFlags.BuildingBlocks;

public static class Settings
{
    /// <summary>A setting that is on or off; null where it is not set.</summary>
    /// <exception cref="ConfigurationException">It is neither <c>true</c> nor <c>false</c>.</exception>
    public static bool? Switch(this IConfiguration configuration, string name) =>
        configuration[name] switch
        {
            null or "" => null,
            var text when bool.TryParse(text, out var value) => value,
            _ => throw new ConfigurationException($"{name} must be true or false."),
        };
}
