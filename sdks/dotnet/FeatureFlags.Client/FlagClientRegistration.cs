using FeatureFlags.Client;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds feature flags to an application.</summary>
public static class FlagClientRegistration
{
    /// <summary>
    /// Adds one <see cref="FlagClient"/>. It starts with the application, which waits for rules for at most
    /// <see cref="FlagClientOptions.StartTimeout"/> and starts in any case, and it ends with the application.
    /// </summary>
    public static IServiceCollection AddFeatureFlags(
        this IServiceCollection services,
        Action<FlagClientOptions> configure
    )
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddFeatureFlags((options, _) => configure(options));
    }

    /// <inheritdoc cref="AddFeatureFlags(IServiceCollection, Action{FlagClientOptions})"/>
    /// <param name="services">Where to.</param>
    /// <param name="configure">May take what it needs, such as the configuration, from the application's services.</param>
    public static IServiceCollection AddFeatureFlags(
        this IServiceCollection services,
        Action<FlagClientOptions, IServiceProvider> configure
    )
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.TryAddSingleton(provider =>
        {
            var options = new FlagClientOptions { LoggerFactory = provider.GetService<ILoggerFactory>() };
            configure(options, provider);
            return options;
        });
        services.TryAddSingleton(provider => new FlagClient(provider.GetRequiredService<FlagClientOptions>()));
        services.AddHostedService<FlagClientStart>();
        return services;
    }

    /// <summary>
    /// A health check: unhealthy without any rules, degraded while changes may be missed or the cache file is of no use.
    /// </summary>
    /// <param name="checks">Where to.</param>
    /// <param name="failureStatus">What it reports without any rules, if not that it is unhealthy.</param>
    public static IHealthChecksBuilder AddFeatureFlags(
        this IHealthChecksBuilder checks,
        string name = "feature_flags",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null
    )
    {
        ArgumentNullException.ThrowIfNull(checks);
        return checks.Add(
            new(name, provider => new FlagHealthCheck(provider.GetRequiredService<FlagClient>()), failureStatus, tags)
        );
    }

    /// <summary>Creates the client before anything is served, and gives it time to get its rules.</summary>
    private sealed class FlagClientStart(FlagClient client) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) =>
            client.WaitForReadyAsync(client.StartTimeout, cancellationToken);

        // The client is the container's, which ends it after everything that asks it.
        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
