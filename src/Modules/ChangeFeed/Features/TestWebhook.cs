using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.BuildingBlocks.Work;
using FeatureFlags.ChangeFeed.Domain;
using FeatureFlags.ChangeFeed.Persistence;
using FeatureFlags.ChangeFeed.Webhooks;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.ChangeFeed.Features;

/// <summary>Sends an event that stands for no change, whatever types the webhook is for.</summary>
internal static class TestWebhook
{
    internal sealed record Command(string Id) : ICommand<DeliveryResponse>;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.Id).NotEmpty();
    }

    internal sealed class Handler(AppDbContext db, CallContext call, WorkSignals work, TimeProvider clock)
        : ICommandHandler<Command, DeliveryResponse>
    {
        private const string Type = "webhook.test";

        public async Task<DeliveryResponse> Handle(Command command, CancellationToken ct)
        {
            var webhook = await db.Webhooks().Named(command.Id, ct);
            webhook.RequireActive();

            var now = clock.Now();
            var envelope = new Envelope(
                EventId.New(now),
                Type,
                now,
                call.Scope.Tenant,
                call.Scope.Environment,
                Revision: 0,
                call.Actor,
                new EnvelopeData(Webhook.Entity, webhook.Id, webhook.Version, Before: null, After: null)
            );
            var queued = envelope.Queue();
            var lane = (Type, webhook.Id, Revision: now.ToUnixTimeMilliseconds());
            var delivery = Delivery.Of(queued, webhook, Type, lane, now, wait: TimeSpan.Zero);
            db.AddRange(queued, delivery);
            webhook.Asked("tested");
            work.Signal(DeliverToWebhook.Kind, webhook.Id);
            return DeliveryResponse.Of(delivery);
        }
    }

    internal static void Map(RouteGroupBuilder webhooks) =>
        webhooks
            .MapPost(
                "/{id}/test",
                async (string id, ISender sender, CancellationToken ct) =>
                    TypedResults.Accepted((string?)null, await sender.Send(new Command(id), ct))
            )
            .WithSummary("Send a test event; how it went is in the deliveries")
            .Gives(DeliveryResponse.Example, StatusCodes.Status202Accepted)
            .RequireScope(Scopes.WebhooksWrite);
}
