using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Evaluation.Domain;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Json;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.Evaluation.Features;

/// <summary>Answers one flag for one user from the rules in memory.</summary>
internal static class EvaluateFlag
{
    internal sealed record Query(string FlagKey, EvaluationContext User, Problems Problems) : IQuery<EvaluationResponse>
    {
        public static Query Read(JsonElement body)
        {
            var problems = new Problems();
            if (JsonObjectReader.Over(body, "", problems) is not { } request)
                return new Query("", EvaluationContext.FromJson(null, null), problems);

            var query = new Query(request.RequiredText("flag_key") ?? "", RequestedUser.Read(request), problems);
            request.RefuseOthers();
            return query;
        }
    }

    internal sealed class Validator : AbstractValidator<Query>
    {
        public Validator() => RuleFor(q => q.Problems.Items).MustBeReadable();
    }

    internal sealed class Handler(RuleCache cache, CallContext call, DatabaseStatus database)
        : IQueryHandler<Query, EvaluationResponse>
    {
        public async Task<EvaluationResponse> Handle(Query query, CancellationToken ct)
        {
            var scope = await cache.Get(call.Scope, ct);
            var flag =
                scope.Rules.Find(query.FlagKey) ?? throw new NotFoundException($"There is no flag '{query.FlagKey}'.");

            var evaluation = flag.Evaluate(query.User);
            EvaluationMetrics.Count(evaluation.Reason);
            return EvaluationResponse.Of(flag, evaluation, stale: database.IsAway);
        }
    }

    internal static void Map(RouteGroupBuilder evaluate) =>
        evaluate
            .MapPost(
                "",
                async (JsonBody body, ISender sender, CancellationToken ct) =>
                    TypedResults.Ok(await sender.Send(Query.Read(body.Root), ct))
            )
            .WithSummary("Evaluate a flag for a user")
            .Takes<EvaluateFlagBody>(EvaluateFlagBody.Example)
            .Gives(EvaluationResponse.Example)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .RequireScope(Scopes.Evaluate);
}
