using System.Net.Mime;
using Prometheus;

namespace FeatureFlags.Host.Observability;

/// <summary>What the machines around the service ask: load balancers, orchestrators, Prometheus.</summary>
internal static class ProbeEndpoints
{
    private const string Health = "/healthz";
    private const string Ready = "/readyz";
    private const string MetricsPath = "/metrics";

    public static bool IsProbe(HttpContext request) => request.Request.Path.Value is Health or Ready or MetricsPath;

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
        probes
            .MapGet(Health, () => TypedResults.Text("ok"))
            .WithName("health")
            .WithSummary("Whether the process is alive")
            .Produces<string>(200, MediaTypeNames.Text.Plain);
        probes
            .MapGet(
                Ready,
                async (Readiness readiness) =>
                {
                    var (ready, text) = await readiness.Check();
                    return TypedResults.Text(text, statusCode: ready ? 200 : 503);
                }
            )
            .WithName("readiness")
            .WithSummary("Whether to send this host traffic, and why not")
            .Produces<string>(200, MediaTypeNames.Text.Plain)
            .Produces<string>(503, MediaTypeNames.Text.Plain);
        probes
            .MapGet(
                MetricsPath,
                (HttpResponse response, CancellationToken ct) =>
                {
                    response.ContentType = PrometheusConstants.TextContentTypeWithVersionAndEncoding;
                    return Metrics.DefaultRegistry.CollectAndExportAsTextAsync(response.Body, ct);
                }
            )
            .WithName("metrics")
            .WithSummary("Metrics in Prometheus' text form")
            .Produces<string>(200, MediaTypeNames.Text.Plain);
    }
}
