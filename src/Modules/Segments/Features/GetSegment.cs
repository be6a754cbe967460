using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Segments.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Segments.Features;

internal static class GetSegment
{
    internal sealed record Query(string Key) : IQuery<SegmentResult>;

    internal sealed class Handler(AppDbContext db, IDatabaseEngine engine) : IQueryHandler<Query, SegmentResult>
    {
        public async Task<SegmentResult> Handle(Query query, CancellationToken ct)
        {
            // The lists have to be those of the version they are shown with.
            await using var snapshot = await engine.BeginSnapshot(db, ct);
            var segment =
                await db.Segments().AsNoTracking().SingleOrDefaultAsync(s => s.Key == query.Key, ct)
                ?? throw LiveSegments.NotFound(query.Key);
            await db.ReadShownLists([segment], ct);
            return SegmentResult.Of(segment);
        }
    }

    internal static void Map(RouteGroupBuilder segments) =>
        segments
            .MapGet(
                "/{key}",
                async (string key, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var result = await sender.Send(new Query(key), context.RequestAborted);
                    if (!preconditions.IsNotModified(result.Version))
                        return result.ToHttp(context);
                    context.Response.Headers.ETag = Preconditions.Tag(result.Version);
                    return Results.StatusCode(StatusCodes.Status304NotModified);
                }
            )
            .WithSummary("Read a segment")
            .Gives<SegmentView>(SegmentView.Example)
            .RequireScope(Scopes.SegmentsRead);
}
