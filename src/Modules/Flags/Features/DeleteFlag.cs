using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Flags.Integrations;
using FeatureFlags.Flags.Persistence;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.Flags.Features;

/// <summary>Deletes a flag that nothing requires. Its key is free again; its version goes on if it is created anew.</summary>
internal static class DeleteFlag
{
    internal sealed record Command(string Key, Preconditions Preconditions) : ICommand;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.Key).NotEmpty();
    }

    internal sealed class Handler(AppDbContext db, ReferenceCheck references, TimeProvider clock)
        : ICommandHandler<Command>
    {
        public async Task Handle(Command command, CancellationToken ct)
        {
            var flag = await db.Flags().LiveToChange(command.Key, command.Preconditions, ct);
            await references.RequireUnused(flag, ct);
            flag.Delete(clock.Now());
        }
    }

    internal static void Map(RouteGroupBuilder flags) =>
        flags
            .MapDelete(
                "/{key}",
                async (string key, Preconditions preconditions, ISender sender, CancellationToken ct) =>
                {
                    await sender.Send(new Command(key, preconditions), ct);
                    return TypedResults.NoContent();
                }
            )
            .WithSummary("Delete a flag")
            .ProducesProblem(StatusCodes.Status409Conflict)
            .RequireScope(Scopes.FlagsWrite);
}
