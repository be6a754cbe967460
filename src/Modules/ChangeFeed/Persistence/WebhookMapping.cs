using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.ChangeFeed.Domain;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.ChangeFeed.Persistence;

internal static class WebhookMapping
{
    private const string Pending = $"state = '{nameof(DeliveryState.Pending)}'";

    public static void Map(ModelBuilder model)
    {
        model.Entity<Webhook>(webhook =>
        {
            webhook.ToTable("changefeed_webhooks");
            webhook.HasKey(w => w.Id);
            webhook.HasIndex(w => new
            {
                w.Tenant,
                w.Environment,
                w.Id,
            });
        });
        model.Entity<QueuedEvent>(queued =>
        {
            queued.ToTable("changefeed_events");
            queued.HasKey(e => e.EventId);
        });
        model.Entity<Delivery>(delivery =>
        {
            delivery.ToTable("changefeed_deliveries");
            delivery.HasKey(d => d.Id);
            delivery.Property(d => d.State).HasConversion<string>();
            delivery.HasOne<QueuedEvent>().WithMany().HasForeignKey(d => d.EventId).OnDelete(DeleteBehavior.Restrict);
            delivery.HasMany(d => d.Log).WithOne().HasForeignKey(a => a.DeliveryId);
            // The log of a webhook, newest first, and its oldest.
            delivery.HasIndex(d => new { d.WebhookId, d.Id });
            // What is due, and what stands before it: only of what is pending, however long the log is.
            delivery
                .HasIndex(d => new
                {
                    d.WebhookId,
                    d.NextAttemptAt,
                    d.Revision,
                })
                .HasFilter(Pending)
                .HasDatabaseName("ix_changefeed_deliveries_due");
            delivery
                .HasIndex(d => new
                {
                    d.WebhookId,
                    d.Entity,
                    d.EntityKey,
                    d.Revision,
                })
                .HasFilter(Pending)
                .HasDatabaseName("ix_changefeed_deliveries_order");
        });
        model.Entity<DeliveryAttempt>(attempt =>
        {
            attempt.ToTable("changefeed_attempts");
            attempt.HasKey(a => new { a.DeliveryId, a.Number });
        });
    }

    public static IQueryable<Webhook> Webhooks(this AppDbContext db) => db.Set<Webhook>();

    public static DbSet<Delivery> Deliveries(this AppDbContext db) => db.Set<Delivery>();

    /// <exception cref="NotFoundException">There is none in the caller's scope.</exception>
    public static async Task<Webhook> Named(this IQueryable<Webhook> webhooks, string id, CancellationToken ct) =>
        // An id has the form of a key. Others need no look, and PostgreSQL would not take U+0000.
        (EntityKey.IsValid(id) ? await webhooks.SingleOrDefaultAsync(w => w.Id == id, ct) : null)
        ?? throw new NotFoundException($"There is no webhook '{id}'.");
}
