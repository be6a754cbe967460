using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Persistence;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Rules.Json;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.Access.Features;

internal static class RotateApiKey
{
    /// <summary>In seconds: a week.</summary>
    public const int LongestOverlap = 604_800;

    private const int DefaultOverlap = 86_400;

    internal sealed record Command(string Id, int OverlapSeconds, Problems Problems, Preconditions Preconditions)
        : ICommand<ApiKeyResponse>
    {
        /// <param name="body">Null for none: everything takes its default.</param>
        public static Command Read(string id, JsonBody? body, Preconditions preconditions)
        {
            var problems = new Problems();
            var reader = body is null ? null : JsonObjectReader.Over(body.Root, "", problems);
            var overlap = reader?.Integer("overlap_seconds") ?? DefaultOverlap;
            reader?.RefuseOthers();
            return new Command(id, overlap, problems, preconditions);
        }
    }

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator()
        {
            RuleFor(c => c.Problems.Items).MustBeReadable();
            RuleFor(c => c.OverlapSeconds)
                .InclusiveBetween(0, LongestOverlap)
                .WithMessage($"must be from 0 to {LongestOverlap}");
        }
    }

    internal sealed class Handler(AppDbContext db, TimeProvider clock) : ICommandHandler<Command, ApiKeyResponse>
    {
        public async Task<ApiKeyResponse> Handle(Command command, CancellationToken ct)
        {
            var key = await db.ApiKeys().Named(command.Id, ct);
            command.Preconditions.Require(key.Version);

            var secret = Secret.OfKey(key.Kind);
            key.Rotate(secret, TimeSpan.FromSeconds(command.OverlapSeconds), clock.Now());
            return ApiKeyResponse.Of(key, secret);
        }
    }

    internal static void Map(RouteGroupBuilder keys) =>
        keys.MapPost(
                "/{id}/rotate",
                async (string id, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var command = Command.Read(id, await JsonBody.ReadIfSent(context), preconditions);
                    return (await sender.Send(command, context.RequestAborted)).ToHttp(context);
                }
            )
            .WithSummary("Give an API key a new text, shown this once; the former one stays good for a while")
            .Takes<ApiKeyRotationBody>(ApiKeyRotationBody.Example)
            .Gives(ApiKeyResponse.ExampleWithKey);
}
