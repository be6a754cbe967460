using FeatureFlags.Access.Features;
using FeatureFlags.Access.Http;
using FeatureFlags.Access.Keys;
using FeatureFlags.Access.Persistence;
using FeatureFlags.Access.Tokens;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FeatureFlags.Access;

/// <summary>Who may do what, where: tokens, tenancy, API clients and keys. Tables <c>access_*</c>.</summary>
public sealed class AccessModule : IModule
{
    public IReadOnlyCollection<string> EventTypes =>
        [
            "client.created",
            "client.updated",
            "client.secret_rotated",
            "client.deleted",
            "api_key.created",
            "api_key.updated",
            "api_key.rotated",
            "api_key.revoked",
        ];

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(provider =>
            AccessSettings.Read(configuration, provider.GetRequiredService<IHostEnvironment>().IsDevelopment())
        );
        services.AddSingleton<SigningKeys>();
        services.AddSingleton<TokenIssuer>();
        services.AddSingleton<KnownTokens>();
        services.AddTokenValidation();
        services.AddSingleton<KnownKeys>();
        services.AddScopeFollower<KnownKeys>();
        services.AddHostedService<NoteKeyUse>();
        services.AddSingleton<KeyFile>();
        services.AddHostedService<KeepKeys>();
        services.AddSingleton<IUrlTokens, UrlTokens>();
        services.AddScoped<IStartupStep, LoadGeneratedKey>();
        services.AddScoped<IStartupStep, CreateFirstClient>();

        services
            .AddAuthorizationBuilder()
            // An endpoint that says nothing lets nobody in unknown.
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        // Endpoints look for the mark of the framework's authorization, which a caller who is known passes by.
        services.Configure<RouteOptions>(routes => routes.SuppressCheckForUnhandledSecurityMetadata = true);
        services.AddSingleton<IAuthorizationHandler, ScopeHandler>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, Refusals>();
    }

    public void MapEntities(ModelBuilder model)
    {
        ClientMapping.Map(model);
        KeyMapping.Map(model);
        model.Entity<GeneratedKey>(key =>
        {
            key.ToTable("access_signing_keys");
            key.HasKey(k => k.Name);
        });
    }

    public void Use(IApplicationBuilder app)
    {
        // Wrong settings stop the process here, before it listens.
        app.ApplicationServices.GetRequiredService<AccessSettings>();
        // The web application adds the framework's two steps by itself where it sees their services and not these marks.
        app.Properties["__AuthenticationMiddlewareSet"] = true;
        app.Properties["__AuthorizationMiddlewareSet"] = true;
        app.UseMiddleware<CallerMiddleware>();
    }

    public void MapEndpoints(IEndpointRouteBuilder routes)
    {
        IssueToken.Map(routes);
        ListEnvironments.Map(routes);

        var clients = routes.MapGroup("/v1/admin/clients").WithTags("Access").RequireScope(Scopes.Admin);
        CreateClient.Map(clients);
        ListClients.Map(clients);
        GetClient.Map(clients);
        ReplaceClient.Map(clients);
        PatchClient.Map(clients);
        RotateClientSecret.Map(clients);
        DeleteClient.Map(clients);

        var keys = routes.MapGroup("/v1/admin/api-keys").WithTags("Access").RequireScope(Scopes.Admin);
        CreateApiKey.Map(keys);
        ListApiKeys.Map(keys);
        GetApiKey.Map(keys);
        PatchApiKey.Map(keys);
        RotateApiKey.Map(keys);
        RevokeApiKey.Map(keys);
    }
}
