using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.ChangeFeed.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.ChangeFeed.Features;

internal static class ListWebhooks
{
    internal sealed record Query(int Limit, string? PageToken) : IQuery<Page<WebhookResponse>>;

    internal sealed class Handler(AppDbContext db) : IQueryHandler<Query, Page<WebhookResponse>>
    {
        private const string Filters = "webhooks";

        public async Task<Page<WebhookResponse>> Handle(Query query, CancellationToken ct)
        {
            var after = PageToken.Decode(query.PageToken, Filters, length: 1)?[0];
            var found = await db.Webhooks()
                .AsNoTracking()
                .PageBy(w => w.Id, descending: false, after)
                .Take(query.Limit + 1)
                .ToListAsync(ct);
            var next = found.Count > query.Limit ? PageToken.Encode(Filters, found[query.Limit - 1].Id) : null;
            return new([.. found.Take(query.Limit).Select(WebhookResponse.Of)], next);
        }
    }

    internal static void Map(RouteGroupBuilder webhooks) =>
        webhooks
            .MapGet(
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
            .WithSummary("The webhooks of this environment")
            .TakesQuery(QueryParameter.Limit(max: 100, fallback: 50), QueryParameter.PageToken)
            .Gives(new Page<WebhookResponse>([WebhookResponse.Example], NextPageToken: null))
            .RequireScope(Scopes.WebhooksRead);
}
