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
/// All the rules of a scope, for SDKs that evaluate in their own process. No message: the answer's bytes are shared by
/// everyone who asks at the same revision.
/// </summary>
internal static class GetSdkRules
{
    // All that says whose rules they are, and in which form: what stands between must not take one tenant's for another's.
    private const string VariesBy = "Accept-Encoding, Authorization, X-API-Key, X-Tenant-ID, X-Environment";

    private static async Task Answer(
        HttpContext context,
        Preconditions preconditions,
        RuleCache cache,
        SyncSource source,
        TimeProvider clock,
        CallContext call
    )
    {
        // Another host may have told the caller of a revision that this one has yet to hear of.
        var seen =
            preconditions.IfNoneMatch.Max(tag => SyncCursor.Read(call.Scope, $"{tag.Tag}".Trim('"'))?.Revision) ?? 0;
        var rules = await cache.Get(call.Scope, seen, context.RequestAborted);
        var response = context.Response;
        response.Headers.Vary = VariesBy;
        response.Headers.CacheControl = "private, no-cache";
        if (IsNotModified(rules.Head))
            return;
        var snapshot = await source.Snapshot(rules.Head, seen, context.RequestAborted);
        if (IsNotModified(snapshot.Head))
            return;

        var body = snapshot.Json;
        if (TakesGzip(context.Request))
        {
            body = await snapshot.Gzip.WaitAsync(context.RequestAborted);
            response.Headers.ContentEncoding = "gzip";
        }
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = body.Length;
        try
        {
            await response.BodyWriter.WritePatiently(body, clock, context.RequestAborted);
        }
        catch (TimeoutException)
        {
            context.Abort();
        }

        bool IsNotModified(ScopeHead head)
        {
            var tag = $"\"{SyncCursor.Of(head)}\"";
            response.Headers.ETag = tag;
            if (!preconditions.IsNotModified(tag))
                return false;
            response.StatusCode = StatusCodes.Status304NotModified;
            return true;
        }
    }

    internal static void Map(RouteGroupBuilder sdk) =>
        sdk.MapGet("/rules", Answer)
            .WithSummary("All rules, for SDKs that evaluate by themselves")
            .WithDescription(
                "The flags and segments of the environment as of one revision, with all ids of all lists; compressed when "
                    + "accepted. What is served while the database is away is the newest that this host has made."
            )
            .Gives<SdkRules>(SdkRules.Example)
            .RequireScope(Scopes.Evaluate, Scopes.FlagsRead, Scopes.SegmentsRead)
            // However long the client takes for them.
            .DisableRequestTimeout();

    private static bool TakesGzip(HttpRequest request) =>
        request
            .GetTypedHeaders()
            .AcceptEncoding.Any(coding =>
                coding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && coding.Quality != 0
            );
}
