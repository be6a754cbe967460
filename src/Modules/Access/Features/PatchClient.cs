using System.Text.Json;
using System.Text.Json.Nodes;
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
internal static class PatchClient
{
    internal sealed record Command(string Id, JsonElement Patch, Preconditions Preconditions, Grant Caller)
        : ICommand<ClientResponse>;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() =>
            RuleFor(c => c.Patch)
                .Must(patch => patch.ValueKind == JsonValueKind.Object)
                .WithMessage("must be an object")
                .OverridePropertyName("");
    }

    internal sealed class Handler(AppDbContext db, CallContext call, TimeProvider clock)
        : ICommandHandler<Command, ClientResponse>
    {
        public async Task<ClientResponse> Handle(Command command, CancellationToken ct)
        {
            var tenant = call.Scope.Tenant;
            var client = await db.ClientToChange(command.Id, command.Caller, tenant, ct);
            command.Preconditions.Require(client.Version);

            var draft = client.Draft().Patched(command.Patch, tenant);
            // What a patch makes of a client is known only now.
            ClientDraft.Validator.Instance.Require(draft);
            draft.RequireGrantable(command.Caller, tenant);
            client.Replace(draft, tenant, clock.Now());
            return ClientResponse.Of(client);
        }
    }

    internal static void Map(RouteGroupBuilder clients) =>
        clients
            .MapPatch(
                "/{id}",
                async (string id, JsonBody body, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var command = new Command(id, body.Root, preconditions, Grant.Of(context.User));
                    return (await sender.Send(command, context.RequestAborted)).ToHttp(context);
                }
            )
            .WithSummary("Change some members of an API client (JSON merge patch)")
            .Takes<ClientBody>(new JsonObject { ["active"] = false }, "application/merge-patch+json")
            .Gives(ClientResponse.Example);
}
