using FeatureFlags.BuildingBlocks;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace FeatureFlags.Host.Observability;

internal static class Logging
{
    /// <summary>Logs as JSON lines, from <c>LOG_LEVEL</c> (default <c>information</c>) up.</summary>
    /// <exception cref="ConfigurationException"><c>LOG_LEVEL</c> is no level.</exception>
    public static void AddJsonLogs(this IServiceCollection services, IConfiguration configuration, Stream output)
    {
        var level = Level(configuration["LOG_LEVEL"]);
        services.AddHttpContextAccessor();
        // Serilog disposes of it.
        var lines = new LineSink(output);
        services.AddSingleton(lines);
        services.AddSerilog(
            (provider, logs) =>
            {
                logs.MinimumLevel.Is(level)
                    .Enrich.With(new RequestEnricher(provider.GetRequiredService<IHttpContextAccessor>()))
                    // Told on stderr, in one line, when the process ends.
                    .Filter.ByExcluding(log => log.Exception is { } error && Startup.Refusal(error) is not null)
                    .WriteTo.Sink(lines);
                // The frameworks' own news interests nobody until it is bad.
                Quieten(logs, level, "Microsoft", LogEventLevel.Warning);
                Quieten(logs, level, "System", LogEventLevel.Warning);
                Quieten(logs, level, "Microsoft.Hosting.Lifetime", LogEventLevel.Information);
                // Keys of this ring protect nothing here: no cookies, no antiforgery.
                Quieten(logs, level, "Microsoft.AspNetCore.DataProtection", LogEventLevel.Error);
            },
            preserveStaticLogger: true
        );
    }

    private static void Quieten(LoggerConfiguration logs, LogEventLevel level, string source, LogEventLevel from) =>
        logs.MinimumLevel.Override(source, level > from ? level : from);

    private static LogEventLevel Level(string? setting)
    {
        if (string.IsNullOrEmpty(setting))
            return LogEventLevel.Information;
        foreach (var level in Enum.GetValues<LogEventLevel>())
        {
            if (setting.Equals(JsonLogFormatter.LevelName(level), StringComparison.OrdinalIgnoreCase))
                return level;
        }
        var levels = string.Join(", ", Enum.GetValues<LogEventLevel>().Select(JsonLogFormatter.LevelName));
        throw new ConfigurationException($"LOG_LEVEL must be one of: {levels}.");
    }

    /// <summary>Says which request a line belongs to, also on lines from deep inside it.</summary>
    private sealed class RequestEnricher(IHttpContextAccessor requests) : ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
        {
            if (requests.HttpContext is not { } context)
                return;

            Add(JsonLogFormatter.Path, RequestObservation.PathOf(context));
            Add(JsonLogFormatter.Method, RequestObservation.MethodOf(context));
            Add(JsonLogFormatter.RequestId, context.TraceIdentifier);
            var call = context.RequestServices.GetRequiredService<CallContext>();
            if (call.HasScope)
                Add(JsonLogFormatter.Tenant, call.Scope.Tenant);

            void Add(string name, string value) =>
                logEvent.AddPropertyIfAbsent(new LogEventProperty(name, new ScalarValue(value)));
        }
    }
}
