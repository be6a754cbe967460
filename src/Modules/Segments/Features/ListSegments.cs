using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Segments.Domain;
using FeatureFlags.Segments.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Segments.Features;

internal static class ListSegments
{
    internal sealed record Query(int Limit, string? PageToken, string? Q, ListSort Sort) : IQuery<Page<JsonElement>>
    {
        /// <summary>What a page token is bound to.</summary>
        public string Filters => JsonSerializer.Serialize<string?[]>(["segments", Q, Sort.Name]);
    }

    internal sealed class Handler(AppDbContext db, IDatabaseEngine engine) : IQueryHandler<Query, Page<JsonElement>>
    {
        public async Task<Page<JsonElement>> Handle(Query query, CancellationToken ct)
        {
            // The lists have to be those of the version they are shown with.
            await using var snapshot = await engine.BeginSnapshot(db, ct);
            var segments = db.Segments().AsNoTracking();
            if (query.Q is { } text && Segment.Searchable(text) is var sought)
                segments = segments.Where(s => s.Search.Contains(sought));

            var page = await query.Sort.Page(
                segments,
                new ListColumns<Segment>(s => s.Key, s => s.CreatedAt, s => s.UpdatedAt),
                query.Limit,
                query.PageToken,
                query.Filters,
                ct
            );
            await db.ReadShownLists(page.Items, ct);
            return page.Select(s => s.Snapshot());
        }
    }

    internal static void Map(RouteGroupBuilder segments) =>
        segments
            .MapGet(
                "",
                async (HttpContext context, ISender sender) =>
                {
                    var reader = new QueryReader(context.Request);
                    var query = new Query(
                        reader.Integer("limit", 1, 100, fallback: 50),
                        reader.Text("page_token", maxLength: 2048),
                        reader.Text("q"),
                        ListSort.Read(reader)
                    );
                    reader.Check();
                    var page = await sender.Send(query, context.RequestAborted);
                    return TypedResults.Ok(page.WithLink(context));
                }
            )
            .WithSummary("List segments")
            .TakesQuery(
                QueryParameter.Limit(max: 100, fallback: 50),
                QueryParameter.PageToken,
                QueryParameter.Text("q", "Only segments whose key, name or description contains this, without case."),
                ListSort.Parameter
            )
            .Gives<Page<SegmentView>>(
                new JsonObject { ["items"] = new JsonArray(SegmentView.Example), ["next_page_token"] = null }
            )
            .RequireScope(Scopes.SegmentsRead);
}
