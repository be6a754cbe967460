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

internal static class ListClients
{
    internal sealed record Query(int Limit, string? PageToken, Grant Caller) : IQuery<Page<ClientResponse>>;

    internal sealed class Handler(AppDbContext db, CallContext call) : IQueryHandler<Query, Page<ClientResponse>>
    {
        private static readonly ListColumns<ApiClient> Columns = new(c => c.Id, c => c.CreatedAt, c => c.UpdatedAt);

        public async Task<Page<ClientResponse>> Handle(Query query, CancellationToken ct)
        {
            var clients = db.ClientsVisibleTo(query.Caller, call.Scope.Tenant).AsNoTracking().Include(c => c.Tenants);
            var page = await new ListSort("key").Page(
                clients,
                Columns,
                query.Limit,
                query.PageToken,
                filters: "clients",
                ct
            );
            return page.Select(c => ClientResponse.Of(c));
        }
    }

    internal static void Map(RouteGroupBuilder clients) =>
        clients
            .MapGet(
                "",
                async (HttpContext context, ISender sender) =>
                {
                    var reader = new QueryReader(context.Request);
                    var query = new Query(
                        reader.Integer("limit", 1, 100, fallback: 50),
                        reader.Text("page_token", maxLength: 2048),
                        Grant.Of(context.User)
                    );
                    reader.Check();
                    var page = await sender.Send(query, context.RequestAborted);
                    return TypedResults.Ok(page.WithLink(context));
                }
            )
            .WithSummary("The API clients of this tenant that can do no more than the caller")
            .TakesQuery(QueryParameter.Limit(max: 100, fallback: 50), QueryParameter.PageToken)
            .Gives(new Page<ClientResponse>([ClientResponse.Example], NextPageToken: null));
}
