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

internal static class GetApiKey
{
    internal sealed record Query(string Id) : IQuery<ApiKeyResponse>;

    internal sealed class Handler(AppDbContext db) : IQueryHandler<Query, ApiKeyResponse>
    {
        public async Task<ApiKeyResponse> Handle(Query query, CancellationToken ct) =>
            ApiKeyResponse.Of(await db.ApiKeys().AsNoTracking().Named(query.Id, ct));
    }

    internal static void Map(RouteGroupBuilder keys) =>
        keys.MapGet(
                "/{id}",
                async (string id, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var key = await sender.Send(new Query(id), context.RequestAborted);
                    if (!preconditions.IsNotModified(key.Version))
                        return key.ToHttp(context);
                    context.Response.Headers.ETag = Preconditions.Tag(key.Version);
                    return Results.StatusCode(StatusCodes.Status304NotModified);
                }
            )
            .WithSummary("Read an API key, all but its text")
            .Gives(ApiKeyResponse.Example);
}
