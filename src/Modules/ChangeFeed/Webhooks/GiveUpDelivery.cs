using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.BuildingBlocks.Work;
using FeatureFlags.ChangeFeed.Domain;
using FeatureFlags.ChangeFeed.Persistence;
using FluentValidation;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.ChangeFeed.Webhooks;

/// <summary>
/// Writes down an attempt that was the last, and makes the webhook inactive: an entry of the audit log. False, and nothing
/// is written, where the webhook is inactive already or gone, or the delivery was begun anew meanwhile.
/// </summary>
internal static class GiveUpDelivery
{
    internal sealed record Command(WorkLease Lease, string DeliveryId, AttemptResult Result) : ICommand<bool>;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.DeliveryId).NotEmpty();
    }

    internal sealed class Handler(AppDbContext db, WebhookSettings settings, TimeProvider clock)
        : ICommandHandler<Command, bool>
    {
        public async Task<bool> Handle(Command command, CancellationToken ct)
        {
            await command.Lease.Require(db, ct);
            var webhook = await db.Webhooks().SingleOrDefaultAsync(w => w.Id == command.Lease.Id && w.Active, ct);
            var delivery = await db.Deliveries().Include(d => d.Log).SingleAsync(d => d.Id == command.DeliveryId, ct);
            if (webhook is null || !delivery.IsLost(command.Result, settings.Schedule))
                return false;

            delivery.Note(command.Result, clock.GetUtcNow(), settings.Schedule);

            webhook.Disable(
                command.Result.IsGone
                    ? "It answered with status 410: gone."
                    : $"The last of {delivery.Attempts} attempts to deliver {delivery.EventId} failed: {command.Result.Error}",
                clock.Now()
            );
            WebhookMetrics.Disabled.Inc();
            return true;
        }
    }
}
