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

/// <summary>Replaces what a client is called and may do; what is left out takes its default.</summary>
internal static class ReplaceClient
{
    internal sealed record Command(string Id, ClientDraft Draft, Preconditions Preconditions, Grant Caller)
        : ICommand<ClientResponse>;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.Draft).MustPass(ClientDraft.Validator.Instance);
    }

    internal sealed class Handler(AppDbContext db, CallContext call, TimeProvider clock)
        : ICommandHandler<Command, ClientResponse>
    {
        public async Task<ClientResponse> Handle(Command command, CancellationToken ct)
        {
            var tenant = call.Scope.Tenant;
            var client = await db.ClientToChange(command.Id, command.Caller, tenant, ct);
            command.Preconditions.Require(client.Version);
            command.Draft.RequireGrantable(command.Caller, tenant);
            client.Replace(command.Draft, tenant, clock.Now());
            return ClientResponse.Of(client);
        }
    }

    internal static void Map(RouteGroupBuilder clients) =>
        clients
            .MapPut(
                "/{id}",
                async (
                    string id,
                    JsonBody body,
                    Preconditions preconditions,
                    CallContext call,
                    ISender sender,
                    HttpContext context
                ) =>
                {
                    var draft = ClientDraft.Read(body.Root, call.Scope.Tenant);
                    var command = new Command(id, draft, preconditions, Grant.Of(context.User));
                    return (await sender.Send(command, context.RequestAborted)).ToHttp(context);
                }
            )
            .WithSummary("Replace an API client's name, scopes, tenants and whether it is active")
            .Takes<ClientBody>(ClientBody.Example)
            .Gives(ClientResponse.Example);
}
