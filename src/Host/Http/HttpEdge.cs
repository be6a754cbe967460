using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Host.Observability;
using Microsoft.AspNetCore.Http.Timeouts;

namespace FeatureFlags.Host.Http;

/// <summary>What every request passes before and after the modules see it.</summary>
internal static class HttpEdge
{
    public const string DefaultUrl = "http://localhost:8080";

    // Far above what any request needs; the database's own limits end most of them sooner.
    private static readonly TimeSpan LongestRequest = TimeSpan.FromSeconds(30);

    private const long MostBytesReceived = 8 * JsonBody.MaxBytes;

    public static void AddHttpEdge(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // The refusal of a body over our own limit is heard only by a client that could send all of it: past this
            // size the server cuts the connection.
            kestrel.Limits.MaxRequestBodySize = MostBytesReceived;
        });
        if (!ListensSomewhere(builder.Configuration))
            builder.WebHost.UseUrls(DefaultUrl);

        services.ConfigureHttpJsonOptions(json => ApiJson.Configure(json.SerializerOptions));
        // The same answers in Development as elsewhere.
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = false);
        services.AddExceptionHandler<ProblemHandler>();
        services.AddRequestTimeouts(timeouts =>
            timeouts.DefaultPolicy = new RequestTimeoutPolicy
            {
                Timeout = LongestRequest,
                TimeoutStatusCode = StatusCodes.Status503ServiceUnavailable,
            }
        );
        services.AddCors();
        services.AddSingleton<Readiness>();
        services.AddSingleton<Drain>();
        services.AddHostedService(provider => provider.GetRequiredService<Drain>());
        RateLimits.AddTo(services, builder.Configuration);
    }

    /// <summary>From the outside in: each step sees what the ones after it answer.</summary>
    public static void UseHttpEdge(this WebApplication app)
    {
        app.Use(app.Services.GetRequiredService<Drain>().Count);
        app.UseRequestId();
        app.UseRouting();
        app.UseMiddleware<RequestObservation>();
        // For routes that ask for it. Outside of whatever may refuse, as a browser shows a page no answer without it;
        // preflights, which carry no credentials, end here.
        app.UseCors();
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(status => Problem.Answer(status.HttpContext, status.HttpContext.Response.StatusCode));
        app.UseRequestTimeouts();
    }

    private static bool ListensSomewhere(ConfigurationManager configuration) =>
        configuration["urls"] is { Length: > 0 }
        || configuration["http_ports"] is { Length: > 0 }
        || configuration["https_ports"] is { Length: > 0 }
        || configuration.GetSection("Kestrel:Endpoints").Exists();
}
