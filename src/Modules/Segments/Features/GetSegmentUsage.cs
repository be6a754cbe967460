using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Segments.Integrations;
using FeatureFlags.Segments.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Segments.Features;

/// <summary>Who names a segment: what forbids its deletion.</summary>
internal static class GetSegmentUsage
{
    internal sealed record Query(string Key) : IQuery<Usage>;

    internal sealed class Handler(AppDbContext db, ReferenceCheck references) : IQueryHandler<Query, Usage>
    {
        public async Task<Usage> Handle(Query query, CancellationToken ct)
        {
            if (!await db.Segments().AnyAsync(s => s.Key == query.Key, ct))
                throw LiveSegments.NotFound(query.Key);
            return await references.Usage(query.Key, ct);
        }
    }

    internal static void Map(RouteGroupBuilder segments) =>
        segments
            .MapGet(
                "/{key}/usage",
                async (string key, ISender sender, CancellationToken ct) =>
                    TypedResults.Ok(await sender.Send(new Query(key), ct))
            )
            .WithSummary("Who uses a segment")
            .Gives(new Usage(["checkout"], ["beta-in-canada"]))
            .RequireScope(Scopes.SegmentsRead);
}
