using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.BuildingBlocks.Streaming;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FeatureFlags.BuildingBlocks;

public static class Registration
{
    /// <summary>
    /// Adds the modules and what they stand on. The host adds an <see cref="AppDbContext"/> and an
    /// <see cref="IDatabaseEngine"/>.
    /// </summary>
    public static IServiceCollection AddModules(
        this IServiceCollection services,
        IConfiguration configuration,
        IReadOnlyList<IModule> modules
    )
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<DatabaseStatus>();
        services.AddScoped<CallContext>();
        services.AddScoped<IInterceptor, TenantGuard>();
        services.AddSingleton(StreamLimits.From(configuration));
        services.AddSingleton<Streams>();
        services.AddMessaging(modules);
        foreach (var module in modules)
        {
            services.AddSingleton(module);
            module.AddServices(services, configuration);
        }
        return services;
    }
}
