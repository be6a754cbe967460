using System.Globalization;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Streaming;
using FeatureFlags.ChangeFeed.Streaming;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.ChangeFeed.Features;

/// <summary>
/// The changes of a scope as server-sent events. No message of the mediator's: it has no answer but goes on until the
/// client leaves.
/// </summary>
internal static class StreamEvents
{
    // Below any revision: it can't be resumed from, so that its answer is a reset.
    private const long Garbage = -1;

    internal sealed class Server(EventLog log, LiveFeed live, Streams streams)
    {
        public async Task Serve(HttpContext context, CallContext call, IReadOnlySet<string>? types)
        {
            await using var stream = streams.Open(context, call, "events");
            var cursor = Cursor(context.Request) is { } revision
                ? new ScopeHead(call.Scope, revision, "")
                : await log.Head(call.Scope, context.RequestAborted);
            var first = await log.After(cursor, context.RequestAborted);
            await stream.Run(() => new EventStream(log, live, stream, cursor, types).Run(first));
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
            .GivesStream()
            .RequireScope(Scopes.EventsRead);

    /// <returns>The revision that the client has; null where it names none.</returns>
    private static long? Cursor(HttpRequest request) =>
        Streams.Cursor(request, "after") is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision) ? revision
        : Garbage;
}
