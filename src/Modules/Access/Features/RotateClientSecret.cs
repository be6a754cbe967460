using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Persistence;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.Access.Features;

internal static class RotateClientSecret
{
    internal sealed record Command(string Id, Preconditions Preconditions, Grant Caller) : ICommand<ClientResponse>;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.Id).NotEmpty();
    }

    internal sealed class Handler(AppDbContext db, CallContext call, TimeProvider clock)
        : ICommandHandler<Command, ClientResponse>
    {
        public async Task<ClientResponse> Handle(Command command, CancellationToken ct)
        {
            var tenant = call.Scope.Tenant;
            var client = await db.ClientToChange(command.Id, command.Caller, tenant, ct);
            command.Preconditions.Require(client.Version);

            var secret = Secret.OfClient();
            client.RotateSecret(secret, tenant, clock.Now());
            return ClientResponse.Of(client, secret);
        }
    }

    internal static void Map(RouteGroupBuilder clients) =>
        clients
            .MapPost(
                "/{id}/rotate-secret",
                async (string id, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var command = new Command(id, preconditions, Grant.Of(context.User));
                    return (await sender.Send(command, context.RequestAborted)).ToHttp(context);
                }
            )
            .WithSummary("Replace an API client's secret; the new one is shown this once")
            .Gives(ClientResponse.ExampleWithSecret);
}
