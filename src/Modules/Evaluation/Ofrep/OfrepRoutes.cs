using FeatureFlags.BuildingBlocks.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.Evaluation.Ofrep;

/// <summary>
/// The OpenFeature Remote Evaluation Protocol, 0.3 (https://github.com/open-feature/protocol): how clients of any
/// language ask for flags with OpenFeature's own providers.
/// </summary>
internal static class OfrepRoutes
{
    /// <summary>Where changes are told of; clients find it in answers.</summary>
    public const string Events = $"{Prefix}/v1/events";

    private const string Prefix = "/ofrep";

    private static readonly TimeSpan PreflightsAreKeptFor = TimeSpan.FromHours(2);

    public static void AddServices(IServiceCollection services)
    {
        services.AddSingleton<OfrepStreamUrl>();
        services.AddSingleton<AnnouncedRules>();
        services.AddSingleton<IStartupFilter, SlashForgiver>();
        services.AddCors(cors =>
            cors.AddPolicy(
                Prefix,
                policy =>
                    policy
                        // A browser sends nothing along by itself here, so there is nothing a foreign page could abuse:
                        // it has to bring a key. What pages a key is for is said with the key.
                        .AllowAnyOrigin()
                        .WithMethods(HttpMethods.Get, HttpMethods.Post)
                        .AllowAnyHeader()
                        .WithExposedHeaders("ETag", "Retry-After", "X-Request-ID")
                        .SetPreflightMaxAge(PreflightsAreKeptFor)
            )
        );
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        var ofrep = routes
            .MapGroup($"{Prefix}/v1")
            .WithTags("OFREP")
            .WithMetadata(new OfrepErrors())
            .RequireCors(Prefix);

        var flags = ofrep.MapGroup("/evaluate/flags").WithMetadata(new EvaluationRoute());
        // Nothing is waited for but the first load of a scope's rules, which has a limit of its own.
        flags.DisableRequestTimeout();
        EvaluateFlagByOfrep.Map(flags);
        EvaluateFlagsByOfrep.Map(flags);
        StreamOfrepChanges.Map(ofrep);
    }

    /// <summary>
    /// Providers put the path behind the base URL as they were given it: with a slash at its end, the path begins with
    /// two. It comes before routing, hence is no middleware of the module.
    /// </summary>
    private sealed class SlashForgiver : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
            app =>
            {
                app.Use(
                    (context, next) =>
                    {
                        var path = context.Request.Path.Value;
                        if (path?.StartsWith($"/{Prefix}/", StringComparison.Ordinal) is true)
                            context.Request.Path = path[1..];
                        return next(context);
                    }
                );
                next(app);
            };
    }
}
