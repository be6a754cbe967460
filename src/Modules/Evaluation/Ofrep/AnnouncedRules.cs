using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
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
    public ValueTask<ScopeRules> For(HttpRequest request, Scope scope, CancellationToken ct) =>
        Announced(request, scope) is { } revision ? new(NotBefore(scope, revision, ct)) : cache.Get(scope, ct);

    private async Task<ScopeRules> NotBefore(Scope scope, long revision, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(LongestWait, clock);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        using var watch = cache.Watch(scope);
        try
        {
            while (true)
            {
                var moved = watch.Next;
                var rules = await cache.Get(scope, notBefore: revision, waiting.Token);
                if (rules.Head.Revision >= revision)
                    return rules;
                await moved.WaitAsync(waiting.Token);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new UnavailableException("This host has not heard yet of the change that the event told of.");
        }
    }

    /// <returns>Null where the request says nothing, or what no event of ours said: then it counts for nothing.</returns>
    private static long? Announced(HttpRequest request, Scope scope) =>
        request.Query[Parameter] is [{ } etag] && SyncCursor.Read(scope, Unquoted(etag)) is { Revision: var revision }
            ? revision
            : null;

    private static string Unquoted(string etag) =>
        (etag.StartsWith("W/", StringComparison.Ordinal) ? etag[2..] : etag).Trim('"');
}
