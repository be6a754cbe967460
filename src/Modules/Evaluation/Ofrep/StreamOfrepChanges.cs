using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.BuildingBlocks.Streaming;
using FeatureFlags.Evaluation.Domain;
using FeatureFlags.Evaluation.Sync;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.Evaluation.Ofrep;

/// <summary>
/// Tells clients that keep a bulk answer to ask again. Told is that the rules are others, not what changed, so however
/// many changes came while a client was away or slow, it hears one event.
/// </summary>
internal static class StreamOfrepChanges
{
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(20);

    // Longer than providers wait for more events before they ask, or a row of changes would keep them from it.
    internal static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(250);

    private static async Task Answer(
        HttpContext http,
        IUrlTokens tokens,
        RuleCache cache,
        Streams streams,
        DatabaseStatus database,
        TimeProvider clock,
        CallContext call
    )
    {
        // Who brings no token waits for nothing; whom a starting host refused would not come back: to a browser any
        // refusal is final.
        var isStarting = !database.IsServing;
        try
        {
            await Admit();
        }
        catch (UnavailableException) when (isStarting)
        {
            await Start();
            await Admit();
        }
        await Start();

        await using var stream = streams.OpenToPage(http, call, "ofrep");
        using var watch = cache.Watch(call.Scope);
        // Without a cursor the client is told at once: something may have changed between its answer and this stream.
        var told = SyncCursor.Read(call.Scope, Streams.Cursor(http.Request, "cursor"));
        var moved = watch.Next;
        var head = (await cache.Get(call.Scope, http.RequestAborted)).Head;
        await stream.Run(async () =>
        {
            var gap = Task.CompletedTask;
            if (told == head)
                await stream.SendHeartbeat(SyncCursor.Of(head));
            while (true)
            {
                if (told != head)
                {
                    await stream.SendEvent(Refetch(head));
                    gap = Task.Delay(Gap, clock, stream.Ended);
                }
                told = head;
                await stream.WaitFor(moved, () => SyncCursor.Of(head));
                await stream.WaitFor(gap, () => SyncCursor.Of(head));
                moved = watch.Next;
                head = (await cache.Get(call.Scope, stream.Ended)).Head;
            }
        });

        Task Admit() => tokens.Admit(http, OfrepStreamUrl.Use, http.Request.Query[OfrepStreamUrl.Parameter]);

        Task Start() => database.WaitToServe(LongestStart, clock, http.RequestAborted);
    }

    private static ReadOnlyMemory<byte> Refetch(ScopeHead head)
    {
        var cursor = SyncCursor.Of(head);
        var data = JsonSerializer.SerializeToUtf8Bytes(
            new { type = "refetchEvaluation", etag = $"\"{cursor}\"" },
            ApiJson.Options
        );
        // Unnamed: what is named reaches no handler of a provider.
        return StreamFrame.Event(cursor, type: null, data);
    }

    internal static void Map(RouteGroupBuilder ofrep) =>
        ofrep
            .MapGet("/events", (Delegate)Answer)
            .WithSummary("When to ask for flags again, by OFREP")
            .WithDescription(
                "Server-sent events for browsers and phones. The address comes with every bulk answer and ends with its "
                    + "window. An event's data is `{\"type\": \"refetchEvaluation\", \"etag\": …}`; the etag is sent back as "
                    + "`flagConfigEtag` with the request that it causes."
            )
            .TakesQuery(QueryParameter.Text(OfrepStreamUrl.Parameter, "Out of a bulk answer's eventStreams.", 1_024))
            .GivesStream()
            .Gives(OfrepFailure.Example with { Key = null }, StatusCodes.Status401Unauthorized)
            .AllowAnonymous();
}
