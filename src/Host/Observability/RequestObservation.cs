using System.Diagnostics;
using FeatureFlags.BuildingBlocks;
using Microsoft.AspNetCore.Diagnostics;
using Serilog.Events;

namespace FeatureFlags.Host.Observability;

/// <summary>
/// Counts, times and logs each request once, when it is answered. Comes right after routing, outside of error
/// handling, which makes the framework forget the endpoint.
/// </summary>
internal sealed class RequestObservation(RequestDelegate next, Serilog.ILogger log, LineSink lines, TimeProvider clock)
{
    private const int MaxPath = 512;

    public async Task InvokeAsync(HttpContext context, CallContext call)
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
            Log(context, call, endpoint, duration);
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

    private void Log(HttpContext context, CallContext call, Endpoint? endpoint, TimeSpan duration)
    {
        var status = context.Response.StatusCode;
        var level = LevelOf(status, endpoint);
        if (!log.IsEnabled(level))
            return;

        var error = status >= 500 ? context.Features.Get<IExceptionHandlerFeature>()?.Error : null;
        lines.Emit(
            new RequestLine(
                clock.GetUtcNow(),
                level,
                MethodOf(context),
                PathOf(context),
                status,
                call.HasScope ? call.Scope.Tenant : null,
                context.TraceIdentifier,
                duration,
                Activity.Current?.TraceId,
                error is CallerException ? null : error
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

/// <summary>
/// What the log says of an answered request. There are as many as requests, so they go to the output as they are, not
/// by way of an event with a template and properties, and become text on the output's thread.
/// </summary>
internal sealed record RequestLine(
    DateTimeOffset Timestamp,
    LogEventLevel Level,
    string Method,
    string Path,
    int Status,
    string? Tenant,
    string RequestId,
    TimeSpan Duration,
    ActivityTraceId? TraceId,
    Exception? Error
);

/// <summary>Metadata of the routes that machines ask all day: their requests are logged at debug.</summary>
internal sealed record ProbeRoute;
