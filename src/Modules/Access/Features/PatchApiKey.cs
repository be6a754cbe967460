using System.Text.Json;
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

/// <summary>Changes the members that a JSON merge patch (RFC 7396) names; null takes a member's default.</summary>
internal static class PatchApiKey
{
    internal sealed record Command(string Id, JsonElement Patch, Preconditions Preconditions)
        : ICommand<ApiKeyResponse>;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() =>
            RuleFor(c => c.Patch)
                .Must(patch => patch.ValueKind == JsonValueKind.Object)
                .WithMessage("must be an object")
                .OverridePropertyName("");
    }

    internal sealed class Handler(AppDbContext db, TimeProvider clock) : ICommandHandler<Command, ApiKeyResponse>
    {
        public async Task<ApiKeyResponse> Handle(Command command, CancellationToken ct)
        {
            var key = await db.ApiKeys().Named(command.Id, ct);
            command.Preconditions.Require(key.Version);

            var stored = key.Draft();
            var draft = stored.Patched(command.Patch);
            // What a patch makes of a key is known only now.
            KeyDraft.Validator.Instance.Require(draft);
            draft.RequireFollows(stored, clock.Now());
            key.Replace(draft, clock.Now());
            return ApiKeyResponse.Of(key);
        }
    }

    internal static void Map(RouteGroupBuilder keys) =>
        keys.MapPatch(
                "/{id}",
                async (string id, JsonBody body, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var command = new Command(id, body.Root, preconditions);
                    return (await sender.Send(command, context.RequestAborted)).ToHttp(context);
                }
            )
            .WithSummary("Change an API key's name, end or origins (JSON merge patch)")
            .Takes<ApiKeyPatchBody>(ApiKeyPatchBody.Example, "application/merge-patch+json")
            .Gives(ApiKeyResponse.Example);
}
