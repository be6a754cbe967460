using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Segments.Domain;
using FeatureFlags.Segments.Integrations;
using FeatureFlags.Segments.Persistence;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.Segments.Features;

/// <summary>Creates a segment or replaces it whole. The same body again changes nothing.</summary>
internal static class UpsertSegment
{
    internal sealed record Command(SegmentDraft Draft, Preconditions Preconditions) : ICommand<Result>;

    internal sealed record Result(JsonElement Segment, long Version, bool Created);

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.Draft).MustPass(SegmentDraftValidator.Instance);
    }

    internal sealed class Handler(AppDbContext db, CallContext call, ReferenceCheck references, TimeProvider clock)
        : ICommandHandler<Command, Result>
    {
        public async Task<Result> Handle(Command command, CancellationToken ct)
        {
            var draft = command.Draft;
            var segment = await db.ToChange(draft.Key, ct);
            var exists = segment is { DeletedAt: null };
            command.Preconditions.Require(exists ? segment!.Version : null);
            await references.Require(draft, ct);
            await db.RequireApart(draft, ct);

            if (exists)
                segment!.Replace(draft, clock.Now());
            else if (segment is not null)
                segment.Recreate(draft, clock.Now());
            else
                db.Add(segment = Segment.Create(call.Scope, draft, clock.Now()));
            await db.WriteMembers(segment, ct);
            return new Result(segment.Snapshot(), segment.Version, Created: !exists);
        }
    }

    internal static void Map(RouteGroupBuilder segments) =>
        segments
            .MapPost(
                "",
                async (JsonBody body, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var command = new Command(SegmentDraft.Read(body.Root), preconditions);
                    var result = await sender.Send(command, context.RequestAborted);
                    context.Response.Headers.ETag = Preconditions.Tag(result.Version);
                    return result.Created
                        ? Results.Created($"/v1/segments/{command.Draft.Key}", result.Segment)
                        : Results.Ok(result.Segment);
                }
            )
            .WithSummary("Create a segment, or replace it whole")
            .Takes<SegmentBody>(SegmentBody.Example)
            .Gives<SegmentView>(SegmentView.Example, StatusCodes.Status201Created)
            .Gives<SegmentView>(SegmentView.Example)
            .RequireScope(Scopes.SegmentsWrite);
}
