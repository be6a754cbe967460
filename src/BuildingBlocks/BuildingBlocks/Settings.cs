using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace FeatureFlags.BuildingBlocks;

public static class Settings
{
    /// <summary>Where this host keeps what it has on disk: <c>DATA_DIR</c>, or <c>data</c>.</summary>
    public static string DataDirectory(this IConfiguration configuration) =>
        configuration["DATA_DIR"] is { Length: > 0 } folder ? folder : "data";

    /// <summary>Where in it stands what this host knew last, to start with while the database is away.</summary>
    public static string LastKnownGoodDirectory(this IConfiguration configuration) =>
        Path.GetFullPath(Path.Combine(configuration.DataDirectory(), "last-known-good"));

    /// <summary>A setting that is on or off; null where it is not set.</summary>
    /// <exception cref="ConfigurationException">It is neither <c>true</c> nor <c>false</c>.</exception>
    public static bool? Switch(this IConfiguration configuration, string name) =>
        configuration[name] switch
        {
            null or "" => null,
            var text when bool.TryParse(text, out var value) => value,
            _ => throw new ConfigurationException($"{name} must be true or false."),
        };

    /// <summary>A setting that is a number from <paramref name="min"/> to <paramref name="max"/>; null where it is not set.</summary>
    /// <exception cref="ConfigurationException">It is none.</exception>
    public static int? WholeNumber(this IConfiguration configuration, string name, int min, int max)
    {
        if (configuration[name] is not { Length: > 0 } text)
            return null;
        if (
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= min
            && number <= max
        )
            return number;
        throw new ConfigurationException($"{name} must be a whole number from {min} to {max}, or not be set.");
    }
}
