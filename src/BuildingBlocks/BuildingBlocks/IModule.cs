using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.BuildingBlocks;

/// <summary>
/// A module's one public face. The host knows modules only through this; message handlers and validators are found
/// in the module's assembly by themselves.
/// </summary>
public interface IModule
{
    /// <summary>
    /// The types of all events that the module's aggregates raise, e.g. <c>flag.created</c>. One that is not said here
    /// can't be raised; what is said here can be filtered by and subscribed to.
    /// </summary>
    IReadOnlyCollection<string> EventTypes => [];

    void AddServices(IServiceCollection services, IConfiguration configuration) { }

    /// <summary>Maps the module's entities. Tables are prefixed with the module's name and reference no other module's.</summary>
    void MapEntities(ModelBuilder model) { }

    /// <summary>Adds middleware that every request passes, after routing and before the endpoints.</summary>
    void Use(IApplicationBuilder app) { }

    void MapEndpoints(IEndpointRouteBuilder routes) { }
}
