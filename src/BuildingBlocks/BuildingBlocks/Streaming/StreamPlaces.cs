using Microsoft.Extensions.Configuration;

namespace FeatureFlags.BuildingBlocks.Streaming;

/// <summary>How many streams each tenant may have open on this host, over all its environments.</summary>
/// <param name="Servers">For clients with a credential that nobody else has.</param>
/// <param name="Pages">For pages and apps: whoever can read their key leaves servers their places.</param>
public sealed record StreamLimits(StreamPlaces Servers, StreamPlaces Pages)
{
    /// <exception cref="ConfigurationException">A setting is not a whole number from 1 to 100,000.</exception>
    public static StreamLimits From(IConfiguration configuration) =>
        new(
            StreamPlaces.From(configuration, "STREAMS_PER_TENANT"),
            StreamPlaces.From(configuration, "OFREP_STREAMS_PER_TENANT")
        );
}

/// <summary>So many places for each tenant.</summary>
public sealed class StreamPlaces(int most)
{
    private const int Default = 1_000;
    private const int Max = 100_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _taken = new(StringComparer.Ordinal);

    internal static StreamPlaces From(IConfiguration configuration, string setting) =>
        new(configuration.WholeNumber(setting, 1, Max) ?? Default);

    /// <summary>Takes a place; disposing gives it back.</summary>
    /// <exception cref="TooManyRequestsException">All are taken.</exception>
    public IDisposable Take(string tenant)
    {
        lock (_lock)
        {
            var taken = _taken.GetValueOrDefault(tenant);
            if (taken >= most)
                throw new TooManyRequestsException(
                    $"The tenant has {most} such streams open on this host: no more are served."
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
