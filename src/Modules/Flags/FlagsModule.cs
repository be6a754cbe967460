using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Flags.Features;
using FeatureFlags.Flags.Integrations;
using FeatureFlags.Flags.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.Flags;

/// <summary>Flags: their definitions and their life. Tables <c>flags_*</c>, routes <c>/v1/flags</c>.</summary>
public sealed class FlagsModule : IModule
{
    public IReadOnlyCollection<string> EventTypes => ["flag.created", "flag.updated", "flag.deleted"];

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddScoped<ReferenceCheck>();
        services.AddScoped<IDemoData, DemoFlags>();
    }

    public void MapEntities(ModelBuilder model) => FlagMapping.Map(model);

    public void MapEndpoints(IEndpointRouteBuilder routes)
    {
        var flags = routes.MapGroup("/v1/flags").WithTags("Flags");
        UpsertFlag.Map(flags);
        ListFlags.Map(flags);
        GetFlag.Map(flags);
        ReplaceFlag.Map(flags);
        PatchFlag.Map(flags);
        DeleteFlag.Map(flags);
    }
}
