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

/// <summary>Replaces a flag that exists: what the body leaves out takes its default.</summary>
internal static class ReplaceFlag
{
    internal sealed record Command(FlagDraft Draft, Preconditions Preconditions) : ICommand<FlagResult>;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.Draft).MustPass(FlagDraftValidator.Instance);
    }

    internal sealed class Handler(AppDbContext db, ReferenceCheck references, TimeProvider clock)
        : ICommandHandler<Command, FlagResult>
    {
        public async Task<FlagResult> Handle(Command command, CancellationToken ct)
        {
            var flag = await db.Flags().LiveToChange(command.Draft.Key, command.Preconditions, ct);
            await references.Require(command.Draft, flag, ct);
            flag.Replace(command.Draft, clock.Now());
            return FlagResult.Of(flag);
        }
    }

    internal static void Map(RouteGroupBuilder flags) =>
        flags
            .MapPut(
                "/{key}",
                async (string key, JsonBody body, Preconditions preconditions, ISender sender, HttpContext context) =>
                {
                    var command = new Command(FlagDraft.Read(body.Root, key), preconditions);
                    var result = await sender.Send(command, context.RequestAborted);
                    return result.ToHttp(context);
                }
            )
            .WithSummary("Replace a flag")
            .Takes<FlagBody>(FlagBody.Example)
            .Gives<FlagView>(FlagView.Example)
            .RequireScope(Scopes.FlagsWrite);
}
