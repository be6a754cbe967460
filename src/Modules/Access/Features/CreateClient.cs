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

internal static class CreateClient
{
    internal sealed record Command(ClientDraft Draft, Grant Caller) : ICommand<ClientResponse>;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.Draft).MustPass(ClientDraft.Validator.Instance);
    }

    internal sealed class Handler(AppDbContext db, CallContext call, TimeProvider clock)
        : ICommandHandler<Command, ClientResponse>
    {
        public Task<ClientResponse> Handle(Command command, CancellationToken ct)
        {
            var tenant = call.Scope.Tenant;
            command.Draft.RequireGrantable(command.Caller, tenant);

            var secret = Secret.OfClient();
            var client = ApiClient.Create(command.Draft, secret, tenant, clock.Now());
            db.Add(client);
            return Task.FromResult(ClientResponse.Of(client, secret));
        }
    }

    internal static void Map(RouteGroupBuilder clients) =>
        clients
            .MapPost(
                "",
                async (JsonBody body, CallContext call, ISender sender, HttpContext context) =>
                {
                    var draft = ClientDraft.Read(body.Root, call.Scope.Tenant);
                    var client = await sender.Send(new Command(draft, Grant.Of(context.User)), context.RequestAborted);
                    return client.ToHttpCreated(context);
                }
            )
            .WithSummary("Create an API client; its secret is shown this once")
            .Takes<ClientBody>(ClientBody.Example)
            .Gives(ClientResponse.ExampleWithSecret, StatusCodes.Status201Created);
}
