using FeatureFlags.Audit.Domain;
using FeatureFlags.Audit.Features;
using FeatureFlags.Audit.Integrations;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Outbox;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.Audit;

/// <summary>Who changed what, and when: table <c>audit_entries</c>, route <c>/v1/audit</c>. It knows no other module.</summary>
public sealed class AuditModule : IModule
{
    public void AddServices(IServiceCollection services, IConfiguration configuration) =>
        services.AddOutboxSubscriber<WriteAuditEntry>(WriteAuditEntry.Name);

    public void MapEntities(ModelBuilder model) =>
        model.Entity<AuditEntry>(entry =>
        {
            entry.ToTable("audit_entries");
            entry.HasKey(e => e.EventId);
            // Each list is one range of an index, read backwards: everything, one key's (a flag
            // and a segment may share it), one actor's.
            entry.HasIndex(e => new
            {
                e.Tenant,
                e.Environment,
                e.Ts,
                e.Revision,
            });
            entry.HasIndex(e => new
            {
                e.Tenant,
                e.Environment,
                e.EntityKey,
                e.Ts,
                e.Revision,
            });
            entry.HasIndex(e => new
            {
                e.Tenant,
                e.Environment,
                e.Actor,
                e.Ts,
                e.Revision,
            });
        });

    public void MapEndpoints(IEndpointRouteBuilder routes) =>
        ListAuditEntries.Map(routes.MapGroup("/v1/audit").WithTags("Audit").RequireScope(Scopes.AuditRead));
}
