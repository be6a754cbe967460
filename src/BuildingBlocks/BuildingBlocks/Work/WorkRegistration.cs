using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.BuildingBlocks.Work;

public static class WorkRegistration
{
    /// <param name="kind">The name that its items carry; it must never change.</param>
    /// <param name="atOnce">How many items one host works on at once.</param>
    public static IServiceCollection AddWorker<TWorker>(this IServiceCollection services, string kind, int atOnce)
        where TWorker : class, IWorker =>
        services.AddScoped<TWorker>().AddSingleton(new WorkKind(kind, typeof(TWorker), atOnce));
}
