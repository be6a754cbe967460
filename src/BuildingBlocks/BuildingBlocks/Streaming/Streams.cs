using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Primitives;

namespace FeatureFlags.BuildingBlocks.Streaming;

/// <summary>Where streams of server-sent events begin, whatever they tell.</summary>
public sealed class Streams(
    StreamLimits limits,
    IDatabaseEngine engine,
    IHostApplicationLifetime host,
    TimeProvider clock
)
{
    internal const string MediaType = "text/event-stream";
    private const string CursorHeader = "Last-Event-ID";

    /// <summary>
    /// Takes a place for a stream, from now until it is disposed. Nothing is sent yet: what goes wrong before
    /// <see cref="StreamConnection.Run"/> is answered as for any request.
    /// </summary>
    /// <param name="name">Which stream it is, for the metrics.</param>
    /// <exception cref="TooManyRequestsException">The tenant has no place left on this host.</exception>
    public StreamConnection Open(HttpContext context, CallContext call, string name) =>
        Open(context, call, name, limits.Servers);

    /// <summary>As <see cref="Open(HttpContext, CallContext, string)"/>, for a page or an app.</summary>
    public StreamConnection OpenToPage(HttpContext context, CallContext call, string name) =>
        Open(context, call, name, limits.Pages);

    /// <summary>
    /// The cursor that a client comes with. The header counts more: a browser that reconnects sends it along with the
    /// address it was given at first.
    /// </summary>
    /// <param name="parameter">The query parameter that may carry it instead.</param>
    /// <returns>As it was sent, several with commas between; null where there is none.</returns>
    public static string? Cursor(HttpRequest request, string parameter)
    {
        var sent = request.Headers[CursorHeader];
        if (StringValues.IsNullOrEmpty(sent))
            sent = request.Query[parameter];
        return StringValues.IsNullOrEmpty(sent) ? null : sent.ToString();
    }

    private StreamConnection Open(HttpContext context, CallContext call, string name, StreamPlaces places) =>
        new(context, call, name, places.Take(call.Scope.Tenant), engine, clock, host.ApplicationStopping);
}

public static class StreamConventions
{
    /// <summary>The endpoint answers with a stream, which no limit of requests in time is for.</summary>
    public static RouteHandlerBuilder GivesStream(this RouteHandlerBuilder endpoint)
    {
        endpoint.DisableRequestTimeout();
        return endpoint.Produces<string>(StatusCodes.Status200OK, Streams.MediaType);
    }
}
