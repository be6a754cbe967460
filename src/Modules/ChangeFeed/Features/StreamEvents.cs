using System.Globalization;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.ChangeFeed.Streaming;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Primitives;

namespace FeatureFlags.ChangeFeed.Features;

/// <summary>
/// The changes of a scope as server-sent events. No message of the mediator's: it has no answer but goes on until the
/// client leaves.
/// </summary>
internal static class StreamEvents
{
    private const string MediaType = "text/event-stream";
    private const string CursorHeader = "Last-Event-ID";

    // Even with a token that never runs out: so that connections spread again over the hosts there are.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    // Below any revision: it can't be resumed from, so that its answer is a reset.
    private const long Garbage = -1;

    internal sealed class Server(
        EventLog log,
        LiveFeed live,
        StreamPlaces places,
        IDatabaseEngine engine,
        IHostApplicationLifetime host,
        TimeProvider clock
    )
    {
        public async Task Serve(HttpContext context, CallContext call, IReadOnlySet<string>? types)
        {
            var scope = call.Scope;
            using var place = places.Take(scope.Tenant);
            await using var end = new StreamEnd();
            using var left = context.RequestAborted.Register(() => end.Because(StreamEnd.Left));
            using var stopping = host.ApplicationStopping.Register(() => end.Because(StreamEnd.Stopping));
            await using var expiry = clock.CreateTimer(
                _ => end.Because(StreamEnd.Expired),
                state: null,
                TimeLeft(call.Until),
                Timeout.InfiniteTimeSpan
            );

            // Before the first byte: what goes wrong here is answered as for any request.
            var cursor = Cursor(context.Request) is { } revision
                ? new ScopeHead(scope, revision, "")
                : await log.Head(scope, context.RequestAborted);
            var first = await log.After(cursor, context.RequestAborted);

            var response = context.Response;
            response.ContentType = MediaType;
            response.Headers.CacheControl = "no-cache";
            response.Headers["X-Accel-Buffering"] = "no";
            context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();

            await new EventStream(log, live, engine, clock, response.BodyWriter, cursor, types, end).Run(first);
            FeedMetrics.Ended.WithLabels(end.Reason!).Inc();
            // Nobody reads the rest: it would be waited for.
            if (end.Reason == StreamEnd.Slow)
                context.Abort();
        }

        private TimeSpan TimeLeft(DateTimeOffset? until)
        {
            var left = until - clock.GetUtcNow() ?? Longest;
            return left < TimeSpan.Zero ? TimeSpan.Zero
                : left < Longest ? left
                : Longest;
        }
    }

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapGet(
                "/v1/events",
                (HttpContext context, CallContext call, EventCatalog catalog, Server server) =>
                {
                    var query = new QueryReader(context.Request);
                    var types = query.SomeOf("types", catalog.Types);
                    query.Check();
                    return server.Serve(context, call, types);
                }
            )
            .WithTags("Events")
            .WithSummary("The changes as they happen, as server-sent events")
            .WithDescription(
                "Each event has its revision as `id`, its type as `event` and its envelope as `data`. The header "
                    + "`Last-Event-ID`, or `after`, says from where to go on; without either, from now on. A cursor that "
                    + "can't be resumed from gets one event `reset` with the current revision."
            )
            .TakesQuery(
                QueryParameter.Text("types", "Only events of these types, with commas between them.", 2048),
                QueryParameter.Text("after", "The revision the client has; Last-Event-ID counts more.")
            )
            .Produces<string>(StatusCodes.Status200OK, MediaType)
            .RequireScope(Scopes.EventsRead)
            .DisableRequestTimeout();

    /// <summary>
    /// The header counts more: a browser that reconnects sends it along with the address it was given at first.
    /// </summary>
    /// <returns>The revision that the client has; null where it names none.</returns>
    private static long? Cursor(HttpRequest request)
    {
        var sent = request.Headers[CursorHeader];
        if (StringValues.IsNullOrEmpty(sent))
            sent = request.Query["after"];
        if (StringValues.IsNullOrEmpty(sent))
            return null;
        return
            sent is [{ } text] && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            ? revision
            : Garbage;
    }
}
