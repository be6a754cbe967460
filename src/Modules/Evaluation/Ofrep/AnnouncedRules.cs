using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.Evaluation.Domain;
using FeatureFlags.Evaluation.Sync;
using Microsoft.AspNetCore.Http;

namespace FeatureFlags.Evaluation.Ofrep;

/// <summary>
/// The rules for a request that an event of <see cref="StreamOfrepChanges"/> caused. The event may have come from
/// another host, which knew of the change before this one; an answer from before it would stay with the client until
/// the next change.
/// </summary>
internal sealed class AnnouncedRules(RuleCache cache, TimeProvider clock)
{
    public const string Parameter = "flagConfigEtag";

    public static readonly QueryParameter Described = QueryParameter.Text(
        Parameter,
        "The event's etag, where an event caused the request: what is answered is not from before it."
    );

    // Hosts hear of each other's commits within a second.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    /// <summary>The scope's rules; not from before what the request says it has heard of.</summary>
    /// <exception cref="UnavailableException">This host does not know of it yet.</exception>
    public async ValueTask<ScopeRules> For(HttpRequest request, Scope scope, CancellationToken ct)
    {
        var rules = await cache.Get(scope, ct);
        return Announced(request, scope) is { } head && head != rules.Head ? await NotBefore(head, ct) : rules;
    }

    private async Task<ScopeRules> NotBefore(ScopeHead announced, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(LongestWait, clock);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        using var watch = cache.Watch(announced.Scope);
        // After a restore a larger revision in memory may be of the history that it undid.
        var look = cache.Look(announced.Scope);
        try
        {
            while (true)
            {
                var moved = watch.Next;
                // One that failed counts: nothing newer is to be had.
                var isLooked = look.IsCompleted;
                var rules = await cache.Get(announced.Scope, waiting.Token);
                if (rules.Head == announced)
                    return rules;
                if (rules.Head.Revision >= announced.Revision && (isLooked || cache.IsStale(rules)))
                    return rules;
                await (isLooked ? moved : Task.WhenAny(look, moved)).WaitAsync(waiting.Token);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            // The database may take longer than the page can wait.
            var rules = await cache.Get(announced.Scope, ct);
            return rules.Head.Revision >= announced.Revision
                ? rules
                : throw new UnavailableException("This host has not heard yet of the change that the event told of.");
        }
    }

    /// <returns>Null where the request says nothing, or what no event of ours said: then it counts for nothing.</returns>
    private static ScopeHead? Announced(HttpRequest request, Scope scope) =>
        request.Query[Parameter] is [{ } etag] ? SyncCursor.Read(scope, Unquoted(etag)) : null;

    private static string Unquoted(string etag) =>
        (etag.StartsWith("W/", StringComparison.Ordinal) ? etag[2..] : etag).Trim('"');
}
