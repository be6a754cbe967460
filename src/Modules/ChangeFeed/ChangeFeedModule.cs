using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.ChangeFeed.Features;
using FeatureFlags.ChangeFeed.Streaming;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.ChangeFeed;

/// <summary>Tells the outside world of changes. Route <c>/v1/events</c>. It knows no other module.</summary>
public sealed class ChangeFeedModule : IModule
{
    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<EventLog>();
        services.AddSingleton<LiveFeed>();
        services.AddScopeFollower<LiveFeed>();
        services.AddSingleton(StreamPlaces.From(configuration));
        services.AddSingleton<StreamEvents.Server>();
    }

    public void MapEndpoints(IEndpointRouteBuilder routes) => StreamEvents.Map(routes);
}
