using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Flags.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Flags.Features;

internal static class GetFlag
{
    internal sealed record Query(string Key) : IQuery<FlagResult>;

    internal sealed class Handler(AppDbContext db) : IQueryHandler<Query, FlagResult>
    {
        public async Task<FlagResult> Handle(Query query, CancellationToken ct)
        {
            var flag = await db.Flags().AsNoTracking().SingleOrDefaultAsync(f => f.Key == query.Key, ct);
            return FlagResult.Of(flag ?? throw LiveFlags.NotFound(query.Key));
        }
    }

    internal static void Map(RouteGroupBuilder flags) =>
        flags
            .MapGet(
                "/{key}",
                async (string key, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var result = await sender.Send(new Query(key), context.RequestAborted);
                    if (!preconditions.IsNotModified(result.Version))
                        return result.ToHttp(context);
                    context.Response.Headers.ETag = Preconditions.Tag(result.Version);
                    return Results.StatusCode(StatusCodes.Status304NotModified);
                }
            )
            .WithSummary("Read a flag")
            .Gives<FlagView>(FlagView.Example)
            .RequireScope(Scopes.FlagsRead);
}
