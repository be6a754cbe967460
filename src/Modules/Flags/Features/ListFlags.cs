using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Flags.Domain;
using FeatureFlags.Flags.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Flags.Features;

internal static class ListFlags
{
    internal sealed record Query(int Limit, string? PageToken, string? State, string? Q, string? Tag, ListSort Sort)
        : IQuery<Page<JsonElement>>
    {
        /// <summary>What a page token is bound to.</summary>
        public string Filters => JsonSerializer.Serialize<string?[]>(["flags", State, Q, Tag, Sort.Name]);
    }

    internal sealed class Handler(AppDbContext db) : IQueryHandler<Query, Page<JsonElement>>
    {
        public async Task<Page<JsonElement>> Handle(Query query, CancellationToken ct)
        {
            var flags = db.Flags().AsNoTracking();
            if (query.State is { } state)
                flags = flags.Where(f => f.On == (state == "on"));
            if (query.Tag is { } tag)
                flags = flags.Where(f => f.Tags.Any(t => t.Tag == tag));
            if (query.Q is { } text && Flag.Searchable(text) is var sought)
                flags = flags.Where(f => f.Search.Contains(sought));

            var page = await query.Sort.Page(
                flags,
                new ListColumns<Flag>(f => f.Key, f => f.CreatedAt, f => f.UpdatedAt),
                query.Limit,
                query.PageToken,
                query.Filters,
                ct
            );
            return page.Select(f => f.Snapshot());
        }
    }

    internal static void Map(RouteGroupBuilder flags) =>
        flags
            .MapGet(
                "",
                async (HttpContext context, ISender sender) =>
                {
                    var reader = new QueryReader(context.Request);
                    var query = new Query(
                        reader.Integer("limit", 1, 100, fallback: 50),
                        reader.Text("page_token", maxLength: 2048),
                        reader.OneOf("state", "on", "off"),
                        reader.Text("q"),
                        reader.Text("tag"),
                        ListSort.Read(reader)
                    );
                    reader.Check();
                    var page = await sender.Send(query, context.RequestAborted);
                    return TypedResults.Ok(page.WithLink(context));
                }
            )
            .WithSummary("List flags")
            .TakesQuery(
                QueryParameter.Limit(max: 100, fallback: 50),
                QueryParameter.PageToken,
                QueryParameter.OneOf("state", "Only flags in this state.", "on", "off"),
                QueryParameter.Text("q", "Only flags whose key, name or description contains this, without case."),
                QueryParameter.Text("tag", "Only flags that carry this tag."),
                ListSort.Parameter
            )
            .Gives<Page<FlagView>>(
                new JsonObject { ["items"] = new JsonArray(FlagView.Example), ["next_page_token"] = null }
            )
            .RequireScope(Scopes.FlagsRead);
}
