using FeatureFlags.BuildingBlocks;
using Npgsql;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace FeatureFlags.Host.Observability;

internal static class Tracing
{
    /// <summary>
    /// Exports traces where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says (the exporter and the sampler read the standard
    /// settings themselves). Without it spans would be recorded for nobody; requests have a trace id all the same.
    /// </summary>
    public static void AddTracing(this IServiceCollection services, IConfiguration configuration)
    {
        if (string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
            return;

        services
            .AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("featureflags").AddEnvironmentVariableDetector())
            .WithTracing(traces =>
                traces
                    .AddSource(Telemetry.SourceName)
                    // By path: it is asked before routing.
                    .AddAspNetCoreInstrumentation(http => http.Filter = request => !ProbeEndpoints.IsProbe(request))
                    .AddNpgsql()
                    .AddOtlpExporter()
            );
    }
}
