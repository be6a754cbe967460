using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.ArchitectureTests.Violations;

/// <summary>A module with endpoints that forget who may call them, and tables that reach into another module's.</summary>
public sealed class ViolatingModule : IModule
{
    public void MapEndpoints(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/proper", () => "").RequireScope(Scopes.FlagsRead);
        routes.MapGet("/open", () => "").AllowAnonymous();
        routes.MapGet("/says-nothing", () => "");
        routes.MapGet("/any-caller", () => "").RequireAuthorization();
        routes
            .MapGet("/by-request", () => "")
            .RequireScope(Scopes.FlagsRead)
            .RequireAuthorization(policy => policy.RequireAssertion(_ => true));
        routes.MapGet("/both", () => "").RequireScope(Scopes.FlagsRead).AllowAnonymous();
    }

    public void MapEntities(ModelBuilder model)
    {
        model.Entity<Proper>(proper => proper.ToTable("architecturetests_proper"));
        model.Entity<Misnamed>(misnamed => misnamed.ToTable("flags_misnamed"));
        model.Entity<ReachingOut>(reaching =>
        {
            reaching.ToTable("architecturetests_reaching_out");
            reaching.HasOne<OutboxMessage>().WithMany().HasForeignKey(r => r.EventId).HasPrincipalKey(m => m.EventId);
        });
        new OutboxModule().MapEntities(model);
    }

    internal sealed record Proper(string Id);

    internal sealed record Misnamed(string Id);

    internal sealed record ReachingOut(string Id, string EventId);
}

/// <summary>Has a model and no migration.</summary>
internal sealed class ViolatingDbContext(DbContextOptions<ViolatingDbContext> options)
    : AppDbContext(options, [new ViolatingModule()], new CallContext())
{
    public static ViolatingDbContext Create() =>
        new(
            new DbContextOptionsBuilder<ViolatingDbContext>()
                .UseSqlite("Data Source=never-opened.db")
                .UseSnakeCaseNamingConvention()
                .Options
        );
}
