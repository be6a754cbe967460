using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.Evaluation.Domain;
using FeatureFlags.Evaluation.Features;
using FeatureFlags.Evaluation.LastKnownGood;
using FeatureFlags.Evaluation.Ofrep;
using FeatureFlags.Evaluation.Sync;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.Evaluation;

/// <summary>
/// Answers flags for users from compiled rules in memory, in words of its own and in OpenFeature's, and gives SDKs the
/// rules to do so themselves. No tables, routes <c>/v1/evaluate</c>, <c>/ofrep</c> and <c>/v1/sdk</c>.
/// </summary>
public sealed class EvaluationModule : IModule
{
    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<RuleCache>();
        services.AddScopeFollower<RuleCache>();
        services.AddScoped<RuleLoader>();
        services.AddSingleton<SyncSource>();
        services.AddSingleton<RuleFiles>();
        services.AddHostedService<RestoreRules>();
        services.AddHostedService<KeepRules>();
        OfrepRoutes.AddServices(services);
    }

    public void MapEndpoints(IEndpointRouteBuilder routes)
    {
        var evaluate = routes.MapGroup("/v1/evaluate").WithTags("Evaluation").WithMetadata(new EvaluationRoute());
        // Nothing is waited for but the first load of a scope's rules, which has a limit of its own.
        evaluate.DisableRequestTimeout();
        EvaluateFlag.Map(evaluate);
        EvaluateBatch.Map(evaluate);
        PreviewFlag.Map(evaluate);

        var sdk = routes.MapGroup("/v1/sdk").WithTags("SDKs");
        GetSdkRules.Map(sdk);
        StreamSdkRules.Map(sdk);

        OfrepRoutes.Map(routes);
    }
}
