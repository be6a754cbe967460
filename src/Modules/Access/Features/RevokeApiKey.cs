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

internal static class RevokeApiKey
{
    internal sealed record Command(string Id, Preconditions Preconditions) : ICommand;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.Id).NotEmpty();
    }

    internal sealed class Handler(AppDbContext db, TimeProvider clock) : ICommandHandler<Command>
    {
        public async Task Handle(Command command, CancellationToken ct)
        {
            var key = await db.ApiKeys().Named(command.Id, ct);
            command.Preconditions.Require(key.Version);
            key.Revoke(clock.Now());
        }
    }

    internal static void Map(RouteGroupBuilder keys) =>
        keys.MapDelete(
                "/{id}",
                async (string id, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    await sender.Send(new Command(id, preconditions), context.RequestAborted);
                    return TypedResults.NoContent();
                }
            )
            .WithSummary("Revoke an API key: within a second it is refused everywhere");
}
