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
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.ChangeFeed.Features;

internal static class CreateWebhook
{
    internal sealed record Command(WebhookDraft Draft) : ICommand<WebhookResponse>;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator(IValidator<WebhookDraft> drafts) => RuleFor(c => c.Draft).MustPass(drafts);
    }

    internal sealed class Handler(AppDbContext db, CallContext call, WorkSignals work, TimeProvider clock)
        : ICommandHandler<Command, WebhookResponse>
    {
        public async Task<WebhookResponse> Handle(Command command, CancellationToken ct)
        {
            if (await db.Webhooks().CountAsync(ct) >= WebhookSettings.MaxWebhooks)
                throw new ConflictException(
                    $"This environment has {WebhookSettings.MaxWebhooks} webhooks, which is as many as it may have."
                );

            var (tenant, environment) = (call.Scope.Tenant, call.Scope.Environment);
            var webhook = Webhook.Create(command.Draft, tenant, environment, clock.Now());
            db.Add(webhook);
            work.Add(DeliverToWebhook.Kind, webhook.Id);
            return WebhookResponse.WithSecret(webhook);
        }
    }

    internal static void Map(RouteGroupBuilder webhooks) =>
        webhooks
            .MapPost(
                "",
                async (JsonBody body, ISender sender, HttpContext context) =>
                {
                    var command = new Command(WebhookDraft.Read(body.Root));
                    return (await sender.Send(command, context.RequestAborted)).ToHttpCreated(context);
                }
            )
            .WithSummary("Create a webhook; its secret is shown this once")
            .Takes<WebhookBody>(WebhookBody.Example)
            .Gives(WebhookResponse.ExampleWithSecret, StatusCodes.Status201Created)
            .RequireScope(Scopes.WebhooksWrite);
}
