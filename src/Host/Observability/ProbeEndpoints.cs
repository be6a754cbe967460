using Prometheus;

namespace FeatureFlags.Host.Observability;

/// <summary>What the machines around the service ask: load balancers, orchestrators, Prometheus.</summary>
internal static class ProbeEndpoints
{
    public static void MapProbes(this IEndpointRouteBuilder routes)
    {
        // A few dozen series of the process are worth scraping; the adapters would add hundreds.
        Metrics.SuppressDefaultMetrics(
            new SuppressDefaultMetricOptions
            {
                SuppressEventCounters = true,
                SuppressMeters = true,
                SuppressDebugMetrics = true,
            }
        );
        var probes = routes.MapGroup("").AllowAnonymous().WithMetadata(new ProbeRoute()).WithTags("Operations");
        probes.MapGet("/healthz", () => TypedResults.Text("ok")).WithSummary("Whether the process is alive");
        probes
            .MapGet(
                "/readyz",
                async (Readiness readiness) =>
                {
                    var (ready, text) = await readiness.Check();
                    return TypedResults.Text(text, statusCode: ready ? 200 : 503);
                }
            )
            .WithSummary("Whether to send this host traffic");
        probes.MapMetrics("/metrics").WithSummary("Metrics in the form of Prometheus");
    }
}
