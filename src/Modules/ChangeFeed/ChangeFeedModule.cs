using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Work;
using FeatureFlags.ChangeFeed.Domain;
using FeatureFlags.ChangeFeed.Features;
using FeatureFlags.ChangeFeed.Outbound;
using FeatureFlags.ChangeFeed.Persistence;
using FeatureFlags.ChangeFeed.Streaming;
using FeatureFlags.ChangeFeed.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FeatureFlags.ChangeFeed;

/// <summary>
/// Tells the outside world of changes: tables <c>changefeed_*</c>, routes <c>/v1/events</c> and <c>/v1/webhooks</c>. It
/// knows no other module.
/// </summary>
public sealed class ChangeFeedModule : IModule
{
    public IReadOnlyCollection<string> EventTypes =>
        [
            "webhook.created",
            "webhook.updated",
            "webhook.secret_rotated",
            "webhook.disabled",
            "webhook.deleted",
            "webhook.tested",
            "webhook.redelivered",
        ];

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<EventLog>();
        services.AddSingleton<LiveFeed>();
        services.AddScopeFollower<LiveFeed>();
        services.AddSingleton<StreamEvents.Server>();

        services.AddSingleton(provider =>
            WebhookSettings.Read(configuration, provider.GetRequiredService<IHostEnvironment>().IsDevelopment())
        );
        services.AddSingleton(provider => new GuardedDialer(
            provider.GetRequiredService<WebhookSettings>().AllowPrivate
        ));
        services.AddSingleton<WebhookClient>();
        services.AddOutboxSubscriber<QueueDeliveries>(QueueDeliveries.Name);
        services.AddWorker<DeliverToWebhook>(DeliverToWebhook.Kind, DeliverToWebhook.AtOnce);
        services.AddBacklog<Delivery>(
            "webhook_deliveries",
            delivery => delivery.State == DeliveryState.Pending,
            delivery => delivery.CreatedAt
        );
    }

    public void MapEntities(ModelBuilder model) => WebhookMapping.Map(model);

    // Wrong settings stop the process here, before it listens.
    public void Use(IApplicationBuilder app) => app.ApplicationServices.GetRequiredService<WebhookSettings>();

    public void MapEndpoints(IEndpointRouteBuilder routes)
    {
        StreamEvents.Map(routes);

        var webhooks = routes.MapGroup("/v1/webhooks").WithTags("Webhooks");
        CreateWebhook.Map(webhooks);
        ListWebhooks.Map(webhooks);
        GetWebhook.Map(webhooks);
        ReplaceWebhook.Map(webhooks);
        PatchWebhook.Map(webhooks);
        DeleteWebhook.Map(webhooks);
        RotateWebhookSecret.Map(webhooks);
        TestWebhook.Map(webhooks);
        ListDeliveries.Map(webhooks);
        RedeliverDelivery.Map(webhooks);
    }
}
