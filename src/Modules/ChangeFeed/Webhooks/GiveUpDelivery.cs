using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.BuildingBlocks.Work;
using FeatureFlags.ChangeFeed.Domain;
using FeatureFlags.ChangeFeed.Persistence;
using FluentValidation;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.ChangeFeed.Webhooks;

/// <summary>Writes down an attempt that was the last, and makes the webhook inactive: an entry of the audit log.</summary>
internal static class GiveUpDelivery
{
    internal sealed record Command(WorkLease Lease, string DeliveryId, AttemptResult Result) : ICommand;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.DeliveryId).NotEmpty();
    }

    internal sealed class Handler(AppDbContext db, WebhookSettings settings, TimeProvider clock)
        : ICommandHandler<Command>
    {
        public async Task Handle(Command command, CancellationToken ct)
        {
            await command.Lease.Require(db, ct);
            var webhook = await db.Webhooks().Named(command.Lease.Id, ct);
            // Another delivery was given up meanwhile: this one waits with the rest until the webhook is active again.
            if (!webhook.Active)
                return;

            var delivery = await db.Deliveries().Include(d => d.Log).SingleAsync(d => d.Id == command.DeliveryId, ct);
            delivery.Note(command.Result, clock.GetUtcNow(), settings.Schedule);

            webhook.Disable(
                command.Result.IsGone
                    ? "It answered with status 410: gone."
                    : $"The last of {delivery.Attempts} attempts to deliver {delivery.EventId} failed: {command.Result.Error}",
                clock.Now()
            );
            WebhookMetrics.Disabled.Inc();
        }
    }
}
