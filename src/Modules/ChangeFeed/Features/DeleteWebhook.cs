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

namespace FeatureFlags.ChangeFeed.Features;

/// <summary>Nothing more is sent to it. Its log is cleared away afterwards by its worker, however long it is.</summary>
internal static class DeleteWebhook
{
    internal sealed record Command(string Id, Preconditions Preconditions) : ICommand;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.Id).NotEmpty();
    }

    internal sealed class Handler(AppDbContext db, WorkSignals work, TimeProvider clock) : ICommandHandler<Command>
    {
        public async Task Handle(Command command, CancellationToken ct)
        {
            var webhook = await db.Webhooks().Named(command.Id, ct);
            command.Preconditions.Require(webhook.Version);
            webhook.Delete(clock.Now());
            work.Signal(DeliverToWebhook.Kind, webhook.Id);
        }
    }

    internal static void Map(RouteGroupBuilder webhooks) =>
        webhooks
            .MapDelete(
                "/{id}",
                async (string id, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    await sender.Send(new Command(id, preconditions), context.RequestAborted);
                    return TypedResults.NoContent();
                }
            )
            .WithSummary("Delete a webhook with its log")
            .RequireScope(Scopes.WebhooksWrite);
}
