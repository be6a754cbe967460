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

namespace FeatureFlags.Evaluation.Features;

/// <summary>
/// The rules of a scope and what becomes of them, for SDKs that evaluate in their own process. Told is where the rules
/// are, not how they came there: a client that could not keep up is brought to the newest revision in one step.
/// </summary>
internal static class StreamSdkRules
{
    // However fast things change, a client has time for other things: the more, the more it is sent.
    internal static readonly TimeSpan ShortestGap = TimeSpan.FromMilliseconds(100);
    private const double BytesPerSecond = 10e6;

    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(5);

    private static async Task Answer(
        HttpContext context,
        RuleCache cache,
        SyncSource source,
        Streams streams,
        DatabaseStatus database,
        TimeProvider clock,
        CallContext call
    )
    {
        // Whom a starting host refused would come back later than it can be served.
        await database.WaitToServe(LongestStart, clock, context.RequestAborted);
        await using var stream = streams.Open(context, call, "sdk");
        using var watch = cache.Watch(call.Scope);
        var cursor = SyncCursor.Read(call.Scope, Streams.Cursor(context.Request, "cursor"));
        ScopeHead head = default;
        var moved = watch.Next;
        var news = await News(context.RequestAborted);
        await stream.Run(async () =>
        {
            var gap = Task.CompletedTask;
            if (news is null)
                await stream.SendHeartbeat(Cursor());
            while (true)
            {
                if (news is not null)
                {
                    await stream.SendEvent(news.Frame);
                    cursor = news.Head;
                    // The database's return is no change, so nobody would tell of the rest.
                    if (news.Head.Revision < head.Revision)
                        throw new UnavailableException("Newer rules can't be read now.");
                    gap = Task.Delay(GapAfter(news.Frame.Length), clock, stream.Ended);
                    // An idle stream keeps nothing alive that others share.
                    news = null;
                }
                await stream.WaitFor(moved, Cursor);
                await stream.WaitFor(gap, Cursor);
                moved = watch.Next;
                news = await News(stream.Ended);
            }
        });

        async Task<SyncUpdate?> News(CancellationToken ct)
        {
            head = (await cache.Get(call.Scope, ct)).Head;
            return cursor == head ? null : await source.Since(cursor, head, ct);
        }

        string Cursor() => SyncCursor.Of(cursor ?? new ScopeHead(call.Scope, 0, ""));
    }

    internal static TimeSpan GapAfter(int bytes)
    {
        var taken = TimeSpan.FromSeconds(bytes / BytesPerSecond);
        return taken > ShortestGap ? taken : ShortestGap;
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
