using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Access.Features;

/// <summary>
/// The environments that a tenant has: those that were ever written to. Who comes by API key sees its own alone.
/// </summary>
internal static class ListEnvironments
{
    internal sealed record Query : IQuery<Response>;

    internal sealed record Response(IReadOnlyList<Environment> Items);

    /// <param name="Revision">How many changes it has seen.</param>
    internal sealed record Environment(string Key, long Revision);

    internal sealed class Handler(AppDbContext db, CallContext call) : IQueryHandler<Query, Response>
    {
        public async Task<Response> Handle(Query query, CancellationToken ct)
        {
            var tenant = call.Scope.Tenant;
            var alone = call.IsByKey ? call.Scope.Environment : null;
            return new Response(
                await db.Set<ScopeRevision>()
                    .AsNoTracking()
                    // Revisions are read across scopes by the outbox, so no filter keeps the tenants apart here.
                    .Where(r => r.Tenant == tenant && (alone == null || r.Environment == alone))
                    .OrderBy(r => r.Environment)
                    .Select(r => new Environment(r.Environment, r.Revision))
                    .ToListAsync(ct)
            );
        }
    }

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapGet(
                "/v1/environments",
                async (ISender sender, CancellationToken ct) => TypedResults.Ok(await sender.Send(new Query(), ct))
            )
            .WithTags("Access")
            .WithSummary("The tenant's environments; for an API key its own")
            .Gives(new Response([new Environment("production", 42), new Environment("staging", 7)]))
            .RequireScope(Scopes.FlagsRead);
}
