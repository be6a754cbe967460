using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.BuildingBlocks.Work;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.BuildingBlocks.Outbox;

/// <summary>Revisions, messages, deliveries, dead letters and leased work: tables <c>outbox_*</c>, routes <c>/v1/admin/outbox</c>.</summary>
public sealed class OutboxModule : IModule
{
    public IReadOnlyCollection<string> EventTypes => ["dead_letter.retried", "dead_letter.discarded"];

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services
            .AddOptions<OutboxOptions>()
            .Configure(options => Bind(configuration.GetSection("Outbox"), options))
            .Validate(o => o.Waits.All(w => w > TimeSpan.Zero), "Outbox: every duration but Retention must be above 0.")
            .Validate(o => o.Retention >= TimeSpan.Zero, "Outbox:Retention must be at least 0.")
            .Validate(o => o.Lease <= TimeSpan.FromSeconds(10), "Outbox:Lease must be at most 10 s.")
            .Validate(o => o.MaxAttempts > 0, "Outbox:MaxAttempts must be at least 1.")
            .ValidateOnStart();
        services.AddSingleton<CommitPulse>();
        services.AddSingleton<RevisionHint>();
        services.AddSingleton<DeliveryPulse>();
        services.AddSingleton<OutboxSql>();
        services.AddSingleton<EventCatalog>();
        services.AddSingleton<Committed>();
        services.AddScoped<OutboxWriter>();
        services.AddScoped(provider => new OutboxProgress(
            provider.GetRequiredService<AppDbContext>(),
            provider.GetRequiredService<CallContext>(),
            provider.GetRequiredService<DeliveryPulse>(),
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton<WorkSql>();
        services.AddScoped(provider => new WorkSignals(
            provider.GetRequiredService<AppDbContext>(),
            provider.GetRequiredService<CallContext>(),
            provider.GetRequiredService<WorkSql>()
        ));
        services.AddHostedService<OutboxDispatcher>();
        services.AddHostedService<WorkDispatcher>();
        services.AddHostedService<RevisionPoll>();
        services.AddHostedService<OutboxRetention>();
        services.AddHostedService<OutboxGauges>();
    }

    public void MapEntities(ModelBuilder model)
    {
        model.Entity<ScopeRevision>(revision =>
        {
            revision.ToTable("outbox_revisions");
            revision.HasKey(r => new { r.Tenant, r.Environment });
        });
        model.Entity<OutboxMessage>(message =>
        {
            message.ToTable("outbox_messages");
            message.HasKey(m => new
            {
                m.Tenant,
                m.Environment,
                m.Revision,
            });
            message.HasIndex(m => m.EventId).IsUnique();
        });
        model.Entity<OutboxDelivery>(delivery =>
        {
            delivery.ToTable("outbox_deliveries");
            delivery.HasKey(d => new { d.EventId, d.Subscriber });
            delivery.HasIndex(d => new
            {
                d.Subscriber,
                d.NextAttemptAt,
                d.EventId,
            });
            // The one index in which "earlier of the same entity" can be looked up. Of two, PostgreSQL without
            // statistics (a burst in an empty table) took the wrong one: 6 s a claim at 2,000 open deliveries.
            delivery
                .HasIndex(d => new
                {
                    d.Subscriber,
                    d.Tenant,
                    d.Environment,
                    d.Entity,
                    d.EntityKey,
                    d.Revision,
                })
                .HasDatabaseName("ix_outbox_deliveries_order");
            delivery.HasIndex(d => d.LeaseToken);
        });
        model.Entity<WorkItem>(item =>
        {
            item.ToTable("outbox_work");
            item.HasKey(w => new { w.Kind, w.Id });
            item.HasIndex(w => new { w.Kind, w.DueAt });
            item.HasIndex(w => w.LeaseToken);
        });
        model.Entity<DeadLetter>(letter =>
        {
            letter.ToTable("outbox_dead_letters");
            letter.HasKey(d => d.Id);
            letter.HasIndex(d => new
            {
                d.Tenant,
                d.Environment,
                d.Id,
            });
            letter.HasIndex(d => d.EventId);
        });
    }

    public void MapEndpoints(IEndpointRouteBuilder routes)
    {
        var letters = routes.MapGroup("/v1/admin/outbox/dead-letters").WithTags("Outbox").RequireScope(Scopes.Admin);
        ListDeadLetters.Map(letters);
        RetryDeadLetter.Map(letters);
        DiscardDeadLetter.Map(letters);
    }

    private static void Bind(IConfigurationSection section, OutboxOptions options)
    {
        try
        {
            section.Bind(options);
        }
        catch (InvalidOperationException error)
        {
            // What the binder throws at a value of the wrong form; it names the setting.
            throw new ConfigurationException(error.Message);
        }
    }
}

public static class OutboxRegistration
{
    /// <summary>Subscribes to every message, once in the cluster.</summary>
    /// <param name="name">The name its delivery rows carry; it must never change.</param>
    public static IServiceCollection AddOutboxSubscriber<TSubscriber>(this IServiceCollection services, string name)
        where TSubscriber : class, IOutboxSubscriber =>
        services.AddScoped<TSubscriber>().AddSingleton(new Subscription(name, typeof(TSubscriber)));

    /// <summary>Follows the revisions of all scopes, on every node.</summary>
    public static IServiceCollection AddScopeFollower<TFollower>(this IServiceCollection services)
        where TFollower : class, IScopeFollower =>
        services.AddSingleton<IScopeFollower>(provider => provider.GetRequiredService<TFollower>());
}
