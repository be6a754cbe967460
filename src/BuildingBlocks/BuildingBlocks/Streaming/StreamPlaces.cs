using Microsoft.Extensions.Configuration;

namespace FeatureFlags.BuildingBlocks.Streaming;

/// <summary>How many streams each tenant may have open on this host, over all its environments.</summary>
public sealed class StreamPlaces(int most)
{
    private const string Setting = "STREAMS_PER_TENANT";
    private const int Default = 1_000;
    private const int Max = 100_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _taken = new(StringComparer.Ordinal);

    /// <exception cref="ConfigurationException">The setting is not a whole number from 1 to 100,000.</exception>
    public static StreamPlaces From(IConfiguration configuration) =>
        new(configuration.WholeNumber(Setting, 1, Max) ?? Default);

    /// <summary>Takes a place; disposing gives it back.</summary>
    /// <exception cref="TooManyRequestsException">All are taken.</exception>
    public IDisposable Take(string tenant)
    {
        lock (_lock)
        {
            var taken = _taken.GetValueOrDefault(tenant);
            if (taken >= most)
                throw new TooManyRequestsException(
                    $"The tenant has {most} streams open on this host: no more are served."
                );
            _taken[tenant] = taken + 1;
        }
        return new Place(this, tenant);
    }

    private void GiveBack(string tenant)
    {
        lock (_lock)
        {
            if (--_taken[tenant] == 0)
                _taken.Remove(tenant);
        }
    }

    private sealed class Place(StreamPlaces places, string tenant) : IDisposable
    {
        public void Dispose() => places.GiveBack(tenant);
    }
}
