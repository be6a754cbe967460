using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Evaluation.Domain;
using FeatureFlags.Evaluation.Features;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.Evaluation.Ofrep;

/// <summary>Answers every flag, as OpenFeature's providers for browsers and phones ask for them.</summary>
internal static class EvaluateFlagsByOfrep
{
    // Nobody looks at a page that is hidden for so long; the protocol's own default.
    private const int InactivitySeconds = 120;

    private static async Task Answer(
        HttpContext http,
        AnnouncedRules announced,
        OfrepStreamUrl streamUrl,
        CallContext call
    )
    {
        var given = await JsonBody.Read(http.Request, OfrepContext.Given, http.RequestAborted);
        var words = new OfrepAnswer(call.Scope, OfrepContext.Typed(given));
        var conditions = await Preconditions.BindAsync(http);

        var scope = await announced.For(http.Request, call.Scope, http.RequestAborted);
        var events = streamUrl.For(http, call.Scope, words.Context.Id);
        var tag = OfrepETag.Of(scope.Head, events, given);
        http.Response.Headers.ETag = tag;
        http.Response.Headers.CacheControl = "private, no-cache";
        if (conditions.IsNotModified(tag))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        using var answer = Answered(scope, words, events);
        await answer.Send(http);
    }

    private static AnswerWriter Answered(ScopeRules scope, OfrepAnswer words, string? events)
    {
        var answer = new AnswerWriter(AnswerWriter.BytesEach * (2 + scope.Rules.Flags.Count));
        var tally = EvaluationMetrics.Tally();
        answer.Raw("{\"flags\":["u8);
        var isFirst = true;
        foreach (var flag in scope.Rules.Flags)
        {
            if (!isFirst)
                answer.Raw(","u8);
            isFirst = false;
            var evaluation = flag.Evaluate(words.Context);
            tally[(int)evaluation.Reason]++;
            if (words.ErrorOf(flag, evaluation) is { } error)
                OfrepAnswer.Failed(ref answer, flag, error);
            else
                // Not said to be stale: the tag would have to change with it, back and forth, for flags that did not.
                words.Evaluated(ref answer, flag, evaluation, stale: false);
        }
        EvaluationMetrics.Count(tally);
        answer.Raw("],"u8);
        words.Metadata(ref answer, scope.Head.Revision);
        answer.Raw("}"u8);
        if (events is not null)
        {
            answer.Raw(",\"eventStreams\":[{\"type\":\"sse\",\"url\":"u8);
            answer.Text(events);
            answer.Raw(",\"inactivityDelaySec\":"u8);
            answer.Number(InactivitySeconds);
            answer.Raw("}]"u8);
        }
        answer.Raw("}"u8);
        return answer;
    }

    internal static void Map(RouteGroupBuilder flags) =>
        flags
            .MapPost("", (Delegate)Answer)
            .WithSummary("Evaluate every flag, by OFREP")
            .WithDescription(
                "With `ETag`; sent back as `If-None-Match`, 304 says that nothing this answer follows from has changed: "
                    + "neither flags and segments nor the context, nor the address of the events."
            )
            .TakesQuery(AnnouncedRules.Described)
            .Takes<OfrepBody>(OfrepBody.Example)
            .Gives(OfrepBulkEvaluation.Example)
            .Produces(StatusCodes.Status304NotModified)
            .RequireScope(Scopes.Evaluate);
}
