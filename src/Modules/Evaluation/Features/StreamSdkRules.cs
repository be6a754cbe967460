using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Streaming;
using FeatureFlags.Evaluation.Domain;
using FeatureFlags.Evaluation.Sync;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.Evaluation.Features;

/// <summary>
/// The rules of a scope and what becomes of them, for SDKs that evaluate in their own process. Told is where the rules
/// are, not how they came there: a client that could not keep up is brought to the newest revision in one step.
/// </summary>
internal static class StreamSdkRules
{
    private static async Task Answer(
        HttpContext context,
        RuleCache cache,
        SyncSource source,
        Streams streams,
        CallContext call
    )
    {
        await using var stream = streams.Open(context, call, "sdk");
        using var watch = cache.Watch(call.Scope);
        var cursor = SyncCursor.Read(call.Scope, Streams.Cursor(context.Request, "cursor"));
        var moved = watch.Next;
        var news = await News(context.RequestAborted);
        await stream.Run(async () =>
        {
            if (news is null)
                await stream.SendHeartbeat(Cursor());
            while (true)
            {
                if (news is not null)
                {
                    await stream.SendEvent(news.Frame);
                    cursor = news.Head;
                }
                await stream.WaitFor(moved, Cursor);
                moved = watch.Next;
                news = await News(stream.Ended);
            }
        });

        async Task<SyncUpdate?> News(CancellationToken ct)
        {
            var head = (await cache.Get(call.Scope, ct)).Head;
            return cursor == head ? null : await source.Since(cursor, head, ct);
        }

        string Cursor() => SyncCursor.Of(cursor ?? new ScopeHead(call.Scope, 0, ""));
    }

    internal static void Map(RouteGroupBuilder sdk) =>
        sdk.MapGet("/stream", Answer)
            .WithSummary("All rules and then their changes, for SDKs that evaluate by themselves")
            .WithDescription(
                "Server-sent events. `snapshot` has all rules, as `/v1/sdk/rules` does; `delta` has the flags and segments "
                    + "that changed since the cursor `from`, whole, and the keys of those that are gone. The `id` of an "
                    + "event is a cursor; the header `Last-Event-ID`, or `cursor`, says from where to go on. Without one "
                    + "that can be resumed from comes a snapshot."
            )
            .TakesQuery(QueryParameter.Text("cursor", "The cursor the client has; Last-Event-ID counts more."))
            .GivesStream()
            .RequireScope(Scopes.Evaluate, Scopes.FlagsRead, Scopes.SegmentsRead);
}
