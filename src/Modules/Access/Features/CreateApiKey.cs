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

internal static class CreateApiKey
{
    internal sealed record Command(KeyDraft Draft) : ICommand<ApiKeyResponse>;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.Draft).MustPass(KeyDraft.Validator.Instance);
    }

    internal sealed class Handler(AppDbContext db, CallContext call, TimeProvider clock)
        : ICommandHandler<Command, ApiKeyResponse>
    {
        public Task<ApiKeyResponse> Handle(Command command, CancellationToken ct)
        {
            var now = clock.Now();
            command.Draft.RequireFollows(stored: null, now);

            var secret = Secret.OfKey(command.Draft.Kind);
            var key = ApiKey.Create(command.Draft, secret, call.Scope.Tenant, call.Scope.Environment, now);
            db.Add(key);
            return Task.FromResult(ApiKeyResponse.Of(key, secret));
        }
    }

    internal static void Map(RouteGroupBuilder keys) =>
        keys.MapPost(
                "",
                async (JsonBody body, ISender sender, HttpContext context) =>
                {
                    var command = new Command(KeyDraft.Read(body.Root));
                    return (await sender.Send(command, context.RequestAborted)).ToHttpCreated(context);
                }
            )
            .WithSummary("Create an API key for this tenant and environment; its text is shown this once")
            .Takes<ApiKeyBody>(ApiKeyBody.Example)
            .Gives(ApiKeyResponse.ExampleWithKey, StatusCodes.Status201Created);
}
