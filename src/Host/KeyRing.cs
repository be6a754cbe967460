namespace FeatureFlags.Host;

internal static class KeyRing
{
    /// <summary>
    /// Authentication brings a ring of keys for cookies, and a start-up step that makes the ring: files in the home
    /// folder and an XML parser in memory, for nothing, as tokens are all there is here.
    /// </summary>
    public static void LeaveOutKeyRing(this IServiceCollection services)
    {
        var step = services.SingleOrDefault(service =>
            service.ServiceType == typeof(IHostedService)
            && service.ImplementationType?.Namespace == "Microsoft.AspNetCore.DataProtection.Internal"
        );
        if (step is not null)
            services.Remove(step);
    }
}
