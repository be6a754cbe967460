using System.Globalization;
using System.Threading.RateLimiting;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using Microsoft.AspNetCore.RateLimiting;

namespace FeatureFlags.Host.Http;

/// <summary>Requests per second that each tenant may make of each class, with as many at once. Null: no limit.</summary>
internal sealed record RateLimits(int? Writes, int? Reads, int? Evaluations)
{
    private const int Max = 1_000_000;

    private bool Any => (Writes ?? Reads ?? Evaluations) is not null;

    /// <exception cref="ConfigurationException">A limit is not a whole number from 1 to 1,000,000.</exception>
    public static RateLimits From(IConfiguration configuration) =>
        new(
            configuration.WholeNumber("RATE_LIMIT_WRITES", 1, Max),
            configuration.WholeNumber("RATE_LIMIT_READS", 1, Max),
            configuration.WholeNumber("RATE_LIMIT_EVALUATIONS", 1, Max)
        );

    public static void AddTo(IServiceCollection services, IConfiguration configuration)
    {
        var limits = From(configuration);
        services.AddSingleton(limits);
        if (!limits.Any)
            return;

        services.AddRateLimiter(options =>
        {
            options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, (string Tenant, RouteClass Class)>(
                limits.PartitionOf
            );
            options.OnRejected = (rejected, _) =>
            {
                var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after)
                    ? after
                    : TimeSpan.Zero;
                var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
                rejected.HttpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
                return ValueTask.CompletedTask;
            };
        });
    }

    /// <summary>Comes after the middleware that finds out the tenant.</summary>
    public static void Use(WebApplication app)
    {
        if (app.Services.GetRequiredService<RateLimits>().Any)
            app.UseRateLimiter();
    }

    private RateLimitPartition<(string, RouteClass)> PartitionOf(HttpContext context)
    {
        var call = context.RequestServices.GetRequiredService<CallContext>();
        var kind = ClassOf(context);
        if (!call.HasScope || LimitOf(kind) is not { } perSecond)
            return RateLimitPartition.GetNoLimiter(("", kind));

        return RateLimitPartition.GetTokenBucketLimiter(
            (call.Scope.Tenant, kind),
            _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = perSecond,
                TokensPerPeriod = perSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                QueueLimit = 0,
            }
        );
    }

    private int? LimitOf(RouteClass kind) =>
        kind switch
        {
            RouteClass.Evaluation => Evaluations,
            RouteClass.Read => Reads,
            _ => Writes,
        };

    private static RouteClass ClassOf(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<EvaluationRoute>() is not null ? RouteClass.Evaluation
        : HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) ? RouteClass.Read
        : RouteClass.Write;

    private enum RouteClass
    {
        Read,
        Write,
        Evaluation,
    }
}
