using System.Diagnostics;
using FeatureFlags.BuildingBlocks;
using Microsoft.AspNetCore.Diagnostics;
using Serilog.Events;
using Serilog.Parsing;

namespace FeatureFlags.Host.Observability;

/// <summary>
/// Counts, times and logs each request once, when it is answered. Comes right after routing, outside of error
/// handling, which makes the framework forget the endpoint.
/// </summary>
internal sealed class RequestObservation(RequestDelegate next, Serilog.ILogger log, TimeProvider clock)
{
    private const int MaxPath = 512;

    // The values come from the enricher, as for every other line of the request.
    private static readonly MessageTemplate Message = new MessageTemplateParser().Parse("{method} {path} {status}");

    public async Task InvokeAsync(HttpContext context)
    {
        var start = Stopwatch.GetTimestamp();
        var endpoint = context.GetEndpoint();
        try
        {
            await next(context);
        }
        finally
        {
            var duration = Stopwatch.GetElapsedTime(start);
            HttpMetrics.Count(endpoint, MethodOf(context), context.Response.StatusCode, duration);
            Log(context, endpoint, duration);
        }
    }

    /// <summary>The path as sent, without the query, which may hold what nobody should read.</summary>
    public static string PathOf(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        return path.Length <= MaxPath ? path : $"{path.AsSpan(0, MaxPath)}…";
    }

    /// <summary>The method if it is a known one, so that nobody can make up label values.</summary>
    public static string MethodOf(HttpContext context) =>
        HttpMethods.GetCanonicalizedValue(context.Request.Method)
            is ("GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS")
                and var method
            ? method
            : "other";

    private void Log(HttpContext context, Endpoint? endpoint, TimeSpan duration)
    {
        var status = context.Response.StatusCode;
        var level = LevelOf(status, endpoint);
        if (!log.IsEnabled(level))
            return;

        var error = status >= 500 ? context.Features.Get<IExceptionHandlerFeature>()?.Error : null;
        var activity = Activity.Current;
        log.Write(
            new LogEvent(
                clock.GetUtcNow(),
                level,
                error is CallerException ? null : error,
                Message,
                [
                    new(JsonLogFormatter.Status, new ScalarValue(status)),
                    new(JsonLogFormatter.DurationMs, new ScalarValue(Math.Round(duration.TotalMilliseconds, 3))),
                ],
                activity?.TraceId ?? default,
                activity?.SpanId ?? default
            )
        );
    }

    private static LogEventLevel LevelOf(int status, Endpoint? endpoint) =>
        status switch
        {
            StatusCodes.Status503ServiceUnavailable => LogEventLevel.Warning,
            >= 500 => LogEventLevel.Error,
            _ when endpoint?.Metadata.GetMetadata<ProbeRoute>() is not null => LogEventLevel.Debug,
            _ => LogEventLevel.Information,
        };
}

/// <summary>Metadata of the routes that machines ask all day: their requests are logged at debug.</summary>
internal sealed record ProbeRoute;
