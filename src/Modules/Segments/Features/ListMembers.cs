using System.Text.Json;
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

/// <summary>A list of a segment page by page, in the order of the ids (bytewise), so that pages stand still while others write.</summary>
internal static class ListMembers
{
    internal sealed record Query(string Key, ListName List, int Limit, string? PageToken) : IQuery<Page<string>>
    {
        /// <summary>What a page token is bound to.</summary>
        public string Filters => JsonSerializer.Serialize<string[]>(["members", Key, List.InJson()]);
    }

    internal sealed class Handler(AppDbContext db) : IQueryHandler<Query, Page<string>>
    {
        public async Task<Page<string>> Handle(Query query, CancellationToken ct)
        {
            if (!await db.Segments().AnyAsync(s => s.Key == query.Key, ct))
                throw LiveSegments.NotFound(query.Key);

            var after = PageToken.Decode(query.PageToken, query.Filters, length: 1)?[0];
            var ids = await db.Members(query.Key, query.List)
                .PageBy(m => m.Member, descending: false, after)
                .Select(m => m.Member)
                // One more than asked for tells whether there is a next page.
                .Take(query.Limit + 1)
                .ToListAsync(ct);
            if (ids.Count <= query.Limit)
                return new Page<string>(ids, null);

            ids.RemoveAt(query.Limit);
            return new Page<string>(ids, PageToken.Encode(query.Filters, ids[^1]));
        }
    }

    internal static void Map(RouteGroupBuilder segments) =>
        segments
            .MapGet(
                "/{key}/members",
                async (string key, HttpContext context, ISender sender) =>
                {
                    var reader = new QueryReader(context.Request);
                    var list = reader.OneOf("list", "included", "excluded");
                    var query = new Query(
                        key,
                        list == "excluded" ? ListName.Excluded : ListName.Included,
                        reader.Integer("limit", 1, 1000, fallback: 100),
                        // It holds an id, of which a character may take six bytes of JSON.
                        reader.Text("page_token", maxLength: 4096)
                    );
                    reader.Check();
                    var page = await sender.Send(query, context.RequestAborted);
                    return TypedResults.Ok(page.WithLink(context));
                }
            )
            .WithSummary("List the ids of a segment's list")
            .TakesQuery(
                QueryParameter.OneOf("list", "Which list; included unless given.", "included", "excluded"),
                QueryParameter.Limit(max: 1000, fallback: 100),
                QueryParameter.PageToken
            )
            .Gives(new Page<string>(["ada", "grace"], NextPageToken: null))
            .RequireScope(Scopes.SegmentsRead);
}
