using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.BuildingBlocks.Work;
using FeatureFlags.ChangeFeed.Persistence;
using FeatureFlags.ChangeFeed.Webhooks;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.ChangeFeed.Features;

/// <summary>Sends an event once more, or at last: the same body under the same id.</summary>
internal static class RedeliverDelivery
{
    internal sealed record Command(string WebhookId, string DeliveryId) : ICommand<DeliveryResponse>;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator()
        {
            RuleFor(c => c.WebhookId).NotEmpty();
            RuleFor(c => c.DeliveryId).NotEmpty();
        }
    }

    internal sealed class Handler(AppDbContext db, WorkSignals work, TimeProvider clock)
        : ICommandHandler<Command, DeliveryResponse>
    {
        public async Task<DeliveryResponse> Handle(Command command, CancellationToken ct)
        {
            var webhook = await db.Webhooks().Named(command.WebhookId, ct);
            var delivery = EntityKey.IsValid(command.DeliveryId)
                ? await db.Deliveries()
                    .Include(d => d.Log)
                    .SingleOrDefaultAsync(d => d.WebhookId == webhook.Id && d.Id == command.DeliveryId, ct)
                : null;
            if (delivery is null)
                throw new NotFoundException($"There is no delivery '{command.DeliveryId}' to this webhook.");
            webhook.RequireActive();

            delivery.Redeliver(clock.Now());
            // All of it: an attempt that ends meanwhile has changed what was read here, and this comes after it.
            db.Entry(delivery).State = EntityState.Modified;
            webhook.Asked("redelivered");
            work.Signal(DeliverToWebhook.Kind, webhook.Id);
            return DeliveryResponse.Of(delivery);
        }
    }

    internal static void Map(RouteGroupBuilder webhooks) =>
        webhooks
            .MapPost(
                "/{id}/deliveries/{delivery_id}/redeliver",
                async (string id, string delivery_id, ISender sender, CancellationToken ct) =>
                    TypedResults.Accepted((string?)null, await sender.Send(new Command(id, delivery_id), ct))
            )
            .WithSummary("Send an event to a webhook once more")
            .Gives(DeliveryResponse.Example, StatusCodes.Status202Accepted)
            .RequireScope(Scopes.WebhooksWrite);
}
