using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.ChangeFeed.Domain;
using FeatureFlags.ChangeFeed.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.ChangeFeed.Features;

internal static class ListDeliveries
{
    private static readonly string[] States = ["pending", "delivered", "dead"];

    internal sealed record Query(string WebhookId, string? State, int Limit, string? PageToken)
        : IQuery<Page<DeliveryResponse>>;

    internal sealed class Handler(AppDbContext db) : IQueryHandler<Query, Page<DeliveryResponse>>
    {
        public async Task<Page<DeliveryResponse>> Handle(Query query, CancellationToken ct)
        {
            var filters = $"deliveries {query.WebhookId} {query.State}";
            var after = PageToken.Decode(query.PageToken, filters, length: 1)?[0];
            var webhook = await db.Webhooks().AsNoTracking().Named(query.WebhookId, ct);

            var deliveries = db.Deliveries().AsNoTracking().Where(d => d.WebhookId == webhook.Id);
            if (query.State is { } name)
            {
                var state = Enum.Parse<DeliveryState>(name, ignoreCase: true);
                deliveries = deliveries.Where(d => d.State == state);
            }
            var found = await deliveries
                .PageBy(d => d.Id, descending: true, after)
                .Take(query.Limit + 1)
                .Include(d => d.Log)
                .AsSplitQuery()
                .ToListAsync(ct);
            var next = found.Count > query.Limit ? PageToken.Encode(filters, found[query.Limit - 1].Id) : null;
            return new([.. found.Take(query.Limit).Select(DeliveryResponse.Of)], next);
        }
    }

    internal static void Map(RouteGroupBuilder webhooks) =>
        webhooks
            .MapGet(
                "/{id}/deliveries",
                async (string id, HttpContext context, ISender sender) =>
                {
                    var reader = new QueryReader(context.Request);
                    var query = new Query(
                        id,
                        reader.OneOf("state", States),
                        reader.Integer("limit", 1, 100, fallback: 50),
                        reader.Text("page_token", maxLength: 2048)
                    );
                    reader.Check();
                    var page = await sender.Send(query, context.RequestAborted);
                    return TypedResults.Ok(page.WithLink(context));
                }
            )
            .WithSummary("What was sent to a webhook and how it went, newest first")
            .TakesQuery(
                QueryParameter.OneOf("state", "Only deliveries in this state.", States),
                QueryParameter.Limit(max: 100, fallback: 50),
                QueryParameter.PageToken
            )
            .Gives(new Page<DeliveryResponse>([DeliveryResponse.Example], NextPageToken: null))
            .RequireScope(Scopes.WebhooksRead);
}
