using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Persistence;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Access.Features;

internal static class GetClient
{
    internal sealed record Query(string Id, Grant Caller) : IQuery<ClientResponse>;

    internal sealed class Handler(AppDbContext db, CallContext call) : IQueryHandler<Query, ClientResponse>
    {
        public async Task<ClientResponse> Handle(Query query, CancellationToken ct)
        {
            var client = await db.ClientsVisibleTo(query.Caller, call.Scope.Tenant)
                .AsNoTracking()
                .Include(c => c.Tenants)
                .SingleOrDefaultAsync(c => c.Id == query.Id, ct);
            return ClientResponse.Of(client ?? throw ClientVisibility.NotFound(query.Id));
        }
    }

    internal static void Map(RouteGroupBuilder clients) =>
        clients
            .MapGet(
                "/{id}",
                async (string id, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var client = await sender.Send(new Query(id, Grant.Of(context.User)), context.RequestAborted);
                    if (!preconditions.IsNotModified(client.Version))
                        return client.ToHttp(context);
                    context.Response.Headers.ETag = Preconditions.Tag(client.Version);
                    return Results.StatusCode(StatusCodes.Status304NotModified);
                }
            )
            .WithSummary("Read an API client")
            .Gives(ClientResponse.Example);
}
