using System.Text.Json;
using System.Text.Json.Nodes;
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

/// <summary>
/// Changes what a JSON merge patch (RFC 7396) names; null takes a default. A list that is named is replaced whole.
/// </summary>
internal static class PatchSegment
{
    internal sealed record Command(string Key, JsonElement Patch, Preconditions Preconditions)
        : ICommand<SegmentResult>;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() =>
            RuleFor(c => c.Patch)
                .Must(patch => patch.ValueKind == JsonValueKind.Object)
                .WithMessage("must be an object")
                .OverridePropertyName("");
    }

    internal sealed class Handler(AppDbContext db, ReferenceCheck references, TimeProvider clock)
        : ICommandHandler<Command, SegmentResult>
    {
        public async Task<SegmentResult> Handle(Command command, CancellationToken ct)
        {
            var segment = await db.LiveToChange(command.Key, command.Preconditions, ct);
            var draft = SegmentDraft.Patch(segment, command.Patch);
            // What a patch makes of a segment is known only now.
            SegmentDraftValidator.Instance.Require(draft);
            await references.Require(draft, ct);
            await db.RequireApart(draft, ct);
            segment.Replace(draft, clock.Now());
            await db.WriteMembers(segment, ct);
            return SegmentResult.Of(segment);
        }
    }

    internal static void Map(RouteGroupBuilder segments) =>
        segments
            .MapPatch(
                "/{key}",
                async (string key, JsonBody body, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var command = new Command(key, body.Root, preconditions);
                    var result = await sender.Send(command, context.RequestAborted);
                    return result.ToHttp(context);
                }
            )
            .WithSummary("Change parts of a segment (JSON merge patch)")
            .Takes<SegmentBody>(
                JsonNode.Parse("""{"description": "By invitation."}""")!,
                "application/merge-patch+json"
            )
            .Gives<SegmentView>(SegmentView.Example)
            .RequireScope(Scopes.SegmentsWrite);
}
