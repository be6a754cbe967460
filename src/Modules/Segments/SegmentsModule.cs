using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Segments.Features;
using FeatureFlags.Segments.Integrations;
using FeatureFlags.Segments.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.Segments;

/// <summary>Segments: groups of users, by criteria and by name. Tables <c>segments_*</c>, routes <c>/v1/segments</c>.</summary>
public sealed class SegmentsModule : IModule
{
    public IReadOnlyCollection<string> EventTypes => ["segment.created", "segment.updated", "segment.deleted"];

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddScoped<ReferenceCheck>();
        services.AddScoped<IDemoData, DemoSegments>();
    }

    public void MapEntities(ModelBuilder model) => SegmentMapping.Map(model);

    public void MapEndpoints(IEndpointRouteBuilder routes)
    {
        var segments = routes.MapGroup("/v1/segments").WithTags("Segments");
        UpsertSegment.Map(segments);
        ListSegments.Map(segments);
        GetSegment.Map(segments);
        ReplaceSegment.Map(segments);
        PatchSegment.Map(segments);
        DeleteSegment.Map(segments);
        ListMembers.Map(segments);
        ChangeMembers.Map(segments);
        GetSegmentUsage.Map(segments);
    }
}
