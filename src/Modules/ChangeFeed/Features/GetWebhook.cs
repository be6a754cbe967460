using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.ChangeFeed.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.ChangeFeed.Features;

internal static class GetWebhook
{
    internal sealed record Query(string Id) : IQuery<WebhookResponse>;

    internal sealed class Handler(AppDbContext db) : IQueryHandler<Query, WebhookResponse>
    {
        public async Task<WebhookResponse> Handle(Query query, CancellationToken ct) =>
            WebhookResponse.Of(await db.Webhooks().AsNoTracking().Named(query.Id, ct));
    }

    internal static void Map(RouteGroupBuilder webhooks) =>
        webhooks
            .MapGet(
                "/{id}",
                async (string id, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var webhook = await sender.Send(new Query(id), context.RequestAborted);
                    if (!preconditions.IsNotModified(webhook.Version))
                        return webhook.ToHttp(context);
                    context.Response.Headers.ETag = Preconditions.Tag(webhook.Version);
                    return Results.StatusCode(StatusCodes.Status304NotModified);
                }
            )
            .WithSummary("Read a webhook")
            .Gives(WebhookResponse.Example)
            .RequireScope(Scopes.WebhooksRead);
}
