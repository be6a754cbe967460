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

internal static class DeleteClient
{
    internal sealed record Command(string Id, Preconditions Preconditions, Grant Caller) : ICommand;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.Id).NotEmpty();
    }

    internal sealed class Handler(AppDbContext db, CallContext call, TimeProvider clock) : ICommandHandler<Command>
    {
        public async Task Handle(Command command, CancellationToken ct)
        {
            var client = await db.ClientToChange(command.Id, command.Caller, call.Scope.Tenant, ct);
            command.Preconditions.Require(client.Version);
            client.Delete(call.Scope.Tenant, clock.Now());
        }
    }

    internal static void Map(RouteGroupBuilder clients) =>
        clients
            .MapDelete(
                "/{id}",
                async (string id, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var command = new Command(id, preconditions, Grant.Of(context.User));
                    await sender.Send(command, context.RequestAborted);
                    return TypedResults.NoContent();
                }
            )
            .WithSummary("Delete an API client");
}
