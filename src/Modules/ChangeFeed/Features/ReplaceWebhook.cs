using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
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

/// <summary>Replaces what a write sets; what is left out takes its default.</summary>
internal static class ReplaceWebhook
{
    internal sealed record Command(string Id, WebhookDraft Draft, Preconditions Preconditions)
        : ICommand<WebhookResponse>;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator(IValidator<WebhookDraft> drafts) => RuleFor(c => c.Draft).MustPass(drafts);
    }

    internal sealed class Handler(AppDbContext db, WorkSignals work, TimeProvider clock)
        : ICommandHandler<Command, WebhookResponse>
    {
        public async Task<WebhookResponse> Handle(Command command, CancellationToken ct)
        {
            var webhook = await db.Webhooks().Named(command.Id, ct);
            command.Preconditions.Require(webhook.Version);
            webhook.Replace(command.Draft, clock.Now());
            // It may be active again, and have something queued.
            work.Signal(DeliverToWebhook.Kind, webhook.Id);
            return WebhookResponse.Of(webhook);
        }
    }

    internal static void Map(RouteGroupBuilder webhooks) =>
        webhooks
            .MapPut(
                "/{id}",
                async (string id, JsonBody body, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var command = new Command(id, WebhookDraft.Read(body.Root), preconditions);
                    return (await sender.Send(command, context.RequestAborted)).ToHttp(context);
                }
            )
            .WithSummary("Replace a webhook")
            .Takes<WebhookBody>(WebhookBody.Example)
            .Gives(WebhookResponse.Example)
            .RequireScope(Scopes.WebhooksWrite);
}
