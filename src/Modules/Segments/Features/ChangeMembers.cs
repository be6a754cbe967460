using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Segments.Domain;
using FeatureFlags.Segments.Persistence;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.Segments.Features;

/// <summary>Adds and removes single ids of a segment's lists, which may be longer than a body.</summary>
internal static class ChangeMembers
{
    internal sealed record Command(string Key, MembersEdit Edit, Preconditions Preconditions) : ICommand<SegmentResult>;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.Edit.Problems.Items).MustBeReadable();
    }

    internal sealed class Handler(AppDbContext db, TimeProvider clock) : ICommandHandler<Command, SegmentResult>
    {
        public async Task<SegmentResult> Handle(Command command, CancellationToken ct)
        {
            var edit = command.Edit;
            var segment = await db.LiveToChange(command.Key, command.Preconditions, ct, removing: edit.Remove.Count);
            var stored = await db.FindMembers(segment.Key, edit.Ids, ct);
            segment.ChangeMembers(edit, stored, clock.Now());
            await db.WriteMembers(segment, ct);
            return SegmentResult.Of(segment);
        }
    }

    internal static void Map(RouteGroupBuilder segments) =>
        segments
            .MapPatch(
                "/{key}/members",
                async (string key, JsonBody body, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var command = new Command(key, MembersEdit.Read(body.Root), preconditions);
                    var result = await sender.Send(command, context.RequestAborted);
                    return result.ToHttp(context);
                }
            )
            .WithSummary("Add ids to a list of a segment, and remove ids from it")
            .Takes<MembersBody>(MembersBody.Example)
            .Gives<SegmentView>(SegmentView.Example)
            .RequireScope(Scopes.SegmentsWrite);
}
