using System.Text.Json;
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

/// <summary>Creates a flag or replaces it whole. The same body again changes nothing.</summary>
internal static class UpsertFlag
{
    internal sealed record Command(FlagDraft Draft, Preconditions Preconditions) : ICommand<Result>;

    internal sealed record Result(JsonElement Flag, long Version, bool Created);

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.Draft).MustPass(FlagDraftValidator.Instance);
    }

    internal sealed class Handler(AppDbContext db, CallContext call, ReferenceCheck references, TimeProvider clock)
        : ICommandHandler<Command, Result>
    {
        public async Task<Result> Handle(Command command, CancellationToken ct)
        {
            var draft = command.Draft;
            var flag = await db.Flags().ToChange(draft.Key, ct);
            var exists = flag is { DeletedAt: null };
            command.Preconditions.Require(exists ? flag!.Version : null);
            await references.Require(draft, exists ? flag : null, ct);

            if (exists)
                flag!.Replace(draft, clock.Now());
            else if (flag is not null)
                flag.Recreate(draft, clock.Now());
            else
                db.Add(flag = Flag.Create(call.Scope, draft, clock.Now()));

            return new Result(flag!.Snapshot(), flag.Version, Created: !exists);
        }
    }

    internal static void Map(RouteGroupBuilder flags) =>
        flags
            .MapPost(
                "",
                async (JsonBody body, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var command = new Command(FlagDraft.Read(body.Root), preconditions);
                    var result = await sender.Send(command, context.RequestAborted);
                    context.Response.Headers.ETag = Preconditions.Tag(result.Version);
                    return result.Created
                        ? Results.Created($"/v1/flags/{command.Draft.Key}", result.Flag)
                        : Results.Ok(result.Flag);
                }
            )
            .WithSummary("Create a flag, or replace it whole")
            .Takes<FlagBody>(FlagBody.Example)
            .Gives<FlagView>(FlagView.Example, StatusCodes.Status201Created)
            .Gives<FlagView>(FlagView.Example)
            .RequireScope(Scopes.FlagsWrite);
}
