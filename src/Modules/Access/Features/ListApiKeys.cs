using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Persistence;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Access.Features;

internal static class ListApiKeys
{
    internal sealed record Query(int Limit, string? PageToken) : IQuery<Page<ApiKeyResponse>>;

    internal sealed class Handler(AppDbContext db) : IQueryHandler<Query, Page<ApiKeyResponse>>
    {
        private static readonly ListColumns<ApiKey> Columns = new(k => k.Id, k => k.CreatedAt, k => k.UpdatedAt);

        public async Task<Page<ApiKeyResponse>> Handle(Query query, CancellationToken ct)
        {
            var page = await new ListSort("key").Page(
                db.ApiKeys().AsNoTracking(),
                Columns,
                query.Limit,
                query.PageToken,
                filters: "api-keys",
                ct
            );
            return page.Select(key => ApiKeyResponse.Of(key));
        }
    }

    internal static void Map(RouteGroupBuilder keys) =>
        keys.MapGet(
                "",
                async (HttpContext context, ISender sender) =>
                {
                    var reader = new QueryReader(context.Request);
                    var query = new Query(
                        reader.Integer("limit", 1, 100, fallback: 50),
                        reader.Text("page_token", maxLength: 2048)
                    );
                    reader.Check();
                    var page = await sender.Send(query, context.RequestAborted);
                    return TypedResults.Ok(page.WithLink(context));
                }
            )
            .WithSummary("The API keys of this tenant and environment")
            .TakesQuery(QueryParameter.Limit(max: 100, fallback: 50), QueryParameter.PageToken)
            .Gives(new Page<ApiKeyResponse>([ApiKeyResponse.Example], NextPageToken: null));
}
