using System.Text.Json;
using FeatureFlags.Audit.Domain;
using FeatureFlags.Audit.Integrations;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Audit.Features;

/// <param name="Id">The change's event id, which streams and webhooks carry too.</param>
/// <param name="Version">The entity's version after the change.</param>
/// <param name="Changes">What differs from before to after, as a JSON Patch (RFC 6902).</param>
internal sealed record AuditEntryResponse(
    string Id,
    DateTimeOffset Ts,
    string Actor,
    string Entity,
    string EntityKey,
    string Action,
    JsonElement? Before,
    JsonElement? After,
    IReadOnlyList<JsonPatchOperation> Changes,
    long Version,
    string? RequestId
)
{
    public static AuditEntryResponse Example { get; } =
        new(
            "01JAB3ZK7MQ8V5T2N4X6C9D1EF",
            new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero),
            "ada",
            "flag",
            "checkout",
            "update",
            JsonElement.Parse("""{"key": "checkout", "state": "on", "version": 2}"""),
            JsonElement.Parse("""{"key": "checkout", "state": "off", "version": 3}"""),
            [
                new JsonPatchOperation("replace", "/state", JsonElement.Parse("\"off\"")),
                new JsonPatchOperation("replace", "/version", JsonElement.Parse("3")),
            ],
            Version: 3,
            "5eadacf4365e45d4b42114319e4dcae6"
        );
}

internal static class ListAuditEntries
{
    // How long a caller waits for its own write to show up before it gets what is there.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <param name="Since">Inclusive.</param>
    /// <param name="Until">Exclusive.</param>
    internal sealed record Filters(
        string? Entity,
        string? EntityKey,
        string? Actor,
        string? Action,
        DateTimeOffset? Since,
        DateTimeOffset? Until
    );

    internal sealed record Query(Filters Filters, int Limit, string? PageToken) : IQuery<Page<AuditEntryResponse>>;

    internal sealed class Handler(AppDbContext db, OutboxProgress progress)
        : IQueryHandler<Query, Page<AuditEntryResponse>>
    {
        public async Task<Page<AuditEntryResponse>> Handle(Query query, CancellationToken ct)
        {
            var filters = JsonSerializer.Serialize(query.Filters);
            var entries = After(Matching(query.Filters), PageToken.Decode(query.PageToken, filters, length: 2));

            await progress.WaitFor(WriteAuditEntry.Name, Patience, ct);

            var found = await entries
                .AsNoTracking()
                .OrderByDescending(e => e.Ts)
                .ThenByDescending(e => e.Revision)
                .Take(query.Limit + 1)
                .ToListAsync(ct);
            var items = found.Take(query.Limit).ToList();
            return new([.. items.Select(Shown)], found.Count > items.Count ? TokenAfter(items[^1], filters) : null);
        }

        private IQueryable<AuditEntry> Matching(Filters filters)
        {
            IQueryable<AuditEntry> entries = db.Set<AuditEntry>();
            if (filters.Entity is { } entity)
                entries = entries.Where(e => e.Entity == entity);
            if (filters.EntityKey is { } key)
                entries = entries.Where(e => e.EntityKey == key);
            if (filters.Actor is { } actor)
                entries = entries.Where(e => e.Actor == actor);
            if (filters.Action is { } action)
                entries = entries.Where(e => e.Action == action);
            if (filters.Since is { } since)
                entries = entries.Where(e => e.Ts >= since);
            // What is stored is cut to the millisecond: one that is not over at "until" is still in the range.
            if (filters.Until is { } until)
                entries =
                    until.Ticks % TimeSpan.TicksPerMillisecond == 0
                        ? entries.Where(e => e.Ts < until)
                        : entries.Where(e => e.Ts <= until);
            return entries;
        }
    }

    internal static void Map(IEndpointRouteBuilder audit) =>
        audit
            .MapGet(
                "",
                async (HttpContext context, EventCatalog catalog, ISender sender) =>
                {
                    var read = new QueryReader(context.Request);
                    var filters = new Filters(
                        read.OneOf("entity", catalog.Entities),
                        read.Text("entity_key"),
                        read.Text("actor"),
                        read.OneOf("action", [.. catalog.Actions.Select(AuditEntry.ActionOf)]),
                        read.Time("since"),
                        read.Time("until")
                    );
                    var limit = read.Integer("limit", 1, 200, fallback: 50);
                    var token = read.Text("page_token", maxLength: 2048);
                    read.Check();
                    var page = await sender.Send(new Query(filters, limit, token), context.RequestAborted);
                    return TypedResults.Ok(page.WithLink(context));
                }
            )
            .WithSummary("Who changed what, newest first")
            .TakesQuery(
                QueryParameter.Text("entity", "Only changes of this kind of entity: flag, segment, client, …"),
                QueryParameter.Text("entity_key", "Only changes of the entity with this key."),
                QueryParameter.Text("actor", "Only changes by this caller, a token's sub."),
                QueryParameter.Text("action", "Only changes of this kind: create, update, delete, …"),
                QueryParameter.Time("since", "Only changes at this time or later."),
                QueryParameter.Time("until", "Only changes before this time."),
                QueryParameter.Limit(max: 200, fallback: 50),
                QueryParameter.PageToken
            )
            .Gives(new Page<AuditEntryResponse>([AuditEntryResponse.Example], NextPageToken: null));

    // Time first, so that since, until and the page are one range of an index; the revision makes the order total and
    // is the order of commits within a millisecond.
    private static IQueryable<AuditEntry> After(IQueryable<AuditEntry> entries, string[]? position)
    {
        if (position is null)
            return entries;

        var last = PageToken.Time(position[0]);
        var revision = PageToken.Number(position[1]);
        // The plain bound is said besides, for it is what both engines seek by.
        return entries.Where(e => e.Ts <= last && (e.Ts < last || e.Revision < revision));
    }

    private static string TokenAfter(AuditEntry last, string filters) =>
        PageToken.Encode(filters, PageToken.Part(last.Ts), PageToken.Part(last.Revision));

    private static AuditEntryResponse Shown(AuditEntry entry)
    {
        var (before, after) = (Json(entry.Before), Json(entry.After));
        return new(
            entry.EventId,
            entry.Ts,
            entry.Actor,
            entry.Entity,
            entry.EntityKey,
            entry.Action,
            before,
            after,
            JsonDiff.Between(before, after),
            entry.Version,
            entry.RequestId
        );
    }

    private static JsonElement? Json(string? text) =>
        text is null ? null : JsonSerializer.Deserialize<JsonElement>(text);
}
