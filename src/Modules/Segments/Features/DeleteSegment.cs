using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Segments.Integrations;
using FeatureFlags.Segments.Persistence;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.Segments.Features;

/// <summary>
/// Deletes a segment that nothing uses, with its members. Its key is free again; its version goes on if it is created
/// anew.
/// </summary>
internal static class DeleteSegment
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
            var segment = await db.LiveToChange(command.Key, command.Preconditions, ct);
            await references.RequireUnused(segment, ct);
            segment.Delete(clock.Now());
            await db.WriteMembers(segment, ct);
        }
    }

    internal static void Map(RouteGroupBuilder segments) =>
        segments
            .MapDelete(
                "/{key}",
                async (string key, Preconditions preconditions, ISender sender, CancellationToken ct) =>
                {
                    await sender.Send(new Command(key, preconditions), ct);
                    return TypedResults.NoContent();
                }
            )
            .WithSummary("Delete a segment")
            .ProducesProblem(StatusCodes.Status409Conflict)
            .RequireScope(Scopes.SegmentsWrite);
}
