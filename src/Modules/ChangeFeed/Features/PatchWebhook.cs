using System.Text.Json;
using System.Text.Json.Nodes;
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

/// <summary>Changes the members that a JSON merge patch (RFC 7396) names; null takes a member's default.</summary>
internal static class PatchWebhook
{
    internal sealed record Command(string Id, JsonElement Patch, Preconditions Preconditions)
        : ICommand<WebhookResponse>;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() =>
            RuleFor(c => c.Patch)
                .Must(patch => patch.ValueKind == JsonValueKind.Object)
                .WithMessage("must be an object")
                .OverridePropertyName("");
    }

    internal sealed class Handler(
        AppDbContext db,
        IValidator<WebhookDraft> drafts,
        WorkSignals work,
        TimeProvider clock
    ) : ICommandHandler<Command, WebhookResponse>
    {
        public async Task<WebhookResponse> Handle(Command command, CancellationToken ct)
        {
            var webhook = await db.Webhooks().Named(command.Id, ct);
            command.Preconditions.Require(webhook.Version);
            var draft = webhook.Draft().Patched(command.Patch);
            // What a patch makes of a webhook is known only now.
            drafts.Require(draft);
            webhook.Replace(draft, clock.Now());
            // It may be active again, and have something queued.
            work.Signal(DeliverToWebhook.Kind, webhook.Id);
            return WebhookResponse.Of(webhook);
        }
    }

    internal static void Map(RouteGroupBuilder webhooks) =>
        webhooks
            .MapPatch(
                "/{id}",
                async (string id, JsonBody body, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var command = new Command(id, body.Root, preconditions);
                    return (await sender.Send(command, context.RequestAborted)).ToHttp(context);
                }
            )
            .WithSummary("Change some members of a webhook (JSON merge patch)")
            .Takes<WebhookBody>(new JsonObject { ["active"] = false }, "application/merge-patch+json")
            .Gives(WebhookResponse.Example)
            .RequireScope(Scopes.WebhooksWrite);
}
