using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Flags.Domain;
using FeatureFlags.Flags.Integrations;
using FeatureFlags.Flags.Persistence;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.Flags.Features;

/// <summary>Changes the members that a JSON merge patch (RFC 7396) names; null takes a member's default.</summary>
internal static class PatchFlag
{
    internal sealed record Command(string Key, JsonElement Patch, Preconditions Preconditions) : ICommand<FlagResult>;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() =>
            RuleFor(c => c.Patch)
                .Must(patch => patch.ValueKind == JsonValueKind.Object)
                .WithMessage("must be an object")
                .OverridePropertyName("");
    }

    internal sealed class Handler(AppDbContext db, ReferenceCheck references, TimeProvider clock)
        : ICommandHandler<Command, FlagResult>
    {
        public async Task<FlagResult> Handle(Command command, CancellationToken ct)
        {
            var flag = await db.Flags().LiveToChange(command.Key, command.Preconditions, ct);
            var draft = FlagDraft.Read(MergePatch.Apply(flag.ReadDocument(), command.Patch), command.Key);
            // What a patch makes of a flag is known only now.
            FlagDraftValidator.Instance.Require(draft);
            await references.Require(draft, flag, ct);
            flag.Replace(draft, clock.Now());
            return FlagResult.Of(flag);
        }
    }

    internal static void Map(RouteGroupBuilder flags) =>
        flags
            .MapPatch(
                "/{key}",
                async (string key, JsonBody body, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var command = new Command(key, body.Root, preconditions);
                    var result = await sender.Send(command, context.RequestAborted);
                    return result.ToHttp(context);
                }
            )
            .WithSummary("Change some members of a flag (JSON merge patch)")
            .Takes<FlagBody>(JsonNode.Parse("""{"state": "off"}""")!, "application/merge-patch+json")
            .Gives<FlagView>(FlagView.Example)
            .RequireScope(Scopes.FlagsWrite);
}
