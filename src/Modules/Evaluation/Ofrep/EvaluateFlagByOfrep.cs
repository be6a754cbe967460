using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Evaluation.Domain;
using FeatureFlags.Evaluation.Features;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.Evaluation.Ofrep;

/// <summary>Answers one flag as OpenFeature's server-side providers ask for it.</summary>
internal static class EvaluateFlagByOfrep
{
    private static async Task Answer(HttpContext http, RuleCache cache, AnnouncedRules announced, CallContext call)
    {
        var context = await JsonBody.Read(http.Request, OfrepContext.Read, http.RequestAborted);
        var scope = await announced.For(http.Request, call.Scope, http.RequestAborted);
        var key = FlagKeyInPath.In(http.Request.RouteValues)!;
        var flag =
            scope.Rules.Find(key) ?? throw new OfrepException(ErrorCode.FlagNotFound, $"There is no flag '{key}'.");

        var evaluation = flag.Evaluate(context);
        EvaluationMetrics.Count(evaluation.Reason);
        var words = new OfrepAnswer(call.Scope, context);
        if (words.ErrorOf(flag, evaluation) is var (code, details))
            throw new OfrepException(code, details);

        using var answer = words.Answered(flag, evaluation, cache.IsStale(scope));
        await answer.Send(http);
    }

    internal static void Map(RouteGroupBuilder flags) =>
        flags
            .MapPost(FlagKeyInPath.Template, (Delegate)Answer)
            .WithSummary("Evaluate a flag, by OFREP")
            .Takes<OfrepBody>(OfrepBody.Example)
            .TakesQuery(AnnouncedRules.Described)
            .Gives(OfrepEvaluation.Example)
            .Gives(OfrepFailure.Example, StatusCodes.Status404NotFound)
            .RequireScope(Scopes.Evaluate);
}
