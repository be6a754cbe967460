using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.ChangeFeed.Persistence;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.ChangeFeed.Features;

internal static class RotateWebhookSecret
{
    internal sealed record Command(string Id, Preconditions Preconditions) : ICommand<WebhookResponse>;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.Id).NotEmpty();
    }

    internal sealed class Handler(AppDbContext db, TimeProvider clock) : ICommandHandler<Command, WebhookResponse>
    {
        public async Task<WebhookResponse> Handle(Command command, CancellationToken ct)
        {
            var webhook = await db.Webhooks().Named(command.Id, ct);
            command.Preconditions.Require(webhook.Version);
            webhook.RotateSecret(clock.Now());
            return WebhookResponse.WithSecret(webhook);
        }
    }

    internal static void Map(RouteGroupBuilder webhooks) =>
        webhooks
            .MapPost(
                "/{id}/rotate-secret",
                async (string id, Preconditions preconditions, ISender sender, HttpContext context) =>
                    (await sender.Send(new Command(id, preconditions), context.RequestAborted)).ToHttp(context)
            )
            .WithSummary("Replace a webhook's secret; the new one is shown this once")
            .WithDescription("For 24 hours deliveries carry the former secret's signature too.")
            .Gives(WebhookResponse.ExampleWithSecret)
            .RequireScope(Scopes.WebhooksWrite);
}
