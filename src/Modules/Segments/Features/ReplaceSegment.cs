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

/// <summary>Replaces a segment that exists: what the body leaves out takes its default.</summary>
internal static class ReplaceSegment
{
    internal sealed record Command(SegmentDraft Draft, Preconditions Preconditions) : ICommand<SegmentResult>;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.Draft).MustPass(SegmentDraftValidator.Instance);
    }

    internal sealed class Handler(AppDbContext db, ReferenceCheck references, TimeProvider clock)
        : ICommandHandler<Command, SegmentResult>
    {
        public async Task<SegmentResult> Handle(Command command, CancellationToken ct)
        {
            var segment = await db.LiveToChange(command.Draft.Key, command.Preconditions, ct);
            await references.Require(command.Draft, ct);
            await db.RequireApart(command.Draft, ct);
            segment.Replace(command.Draft, clock.Now());
            await db.WriteMembers(segment, ct);
            return SegmentResult.Of(segment);
        }
    }

    internal static void Map(RouteGroupBuilder segments) =>
        segments
            .MapPut(
                "/{key}",
                async (string key, JsonBody body, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var command = new Command(SegmentDraft.Read(body.Root, key), preconditions);
                    var result = await sender.Send(command, context.RequestAborted);
                    return result.ToHttp(context);
                }
            )
            .WithSummary("Replace a segment")
            .Takes<SegmentBody>(SegmentBody.Example)
            .Gives<SegmentView>(SegmentView.Example)
            .RequireScope(Scopes.SegmentsWrite);
}
