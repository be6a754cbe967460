using FeatureFlags.BuildingBlocks;
using FeatureFlags.ChangeFeed.Domain;
using Microsoft.Extensions.Configuration;

namespace FeatureFlags.ChangeFeed;

/// <param name="AllowPrivate">Whether webhooks may go to addresses that are not public, and over http.</param>
internal sealed record WebhookSettings(WebhookSchedule Schedule, bool AllowPrivate)
{
    /// <summary>So many webhooks a tenant may have in one environment.</summary>
    public const int MaxWebhooks = 1_000;

    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static WebhookSettings Read(IConfiguration configuration, bool isDevelopment) =>
        new(
            WebhookSchedule.Parse(configuration["WEBHOOKS_SCHEDULE"]),
            configuration.Switch("WEBHOOKS_ALLOW_PRIVATE") ?? isDevelopment
        );
}
