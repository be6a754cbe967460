using System.Buffers;
using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.Evaluation.Domain;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.Evaluation.Features;

/// <summary>
/// Answers one flag for one user from the rules in memory. No message, by intent: adr/0011 has what one would cost.
/// </summary>
internal static class EvaluateFlag
{
    internal sealed record Request(string FlagKey, EvaluationContext User)
    {
        /// <exception cref="InvalidFieldsException">Something is wrong with it.</exception>
        public static Request Parse(ReadOnlySequence<byte> body) =>
            QuickJson.Read(body, Quick) ?? Strict(JsonBody.Parse(body).Root);

        internal static Request? Quick(ref Utf8JsonReader json)
        {
            string? flagKey = null;
            EvaluationContext? user = null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (flagKey is null && json.ValueTextEquals("flag_key"u8))
                {
                    if ((flagKey = QuickJson.Text(ref json)) is null)
                        return null;
                }
                else if (user is null && json.ValueTextEquals("user"u8))
                {
                    if ((user = EvaluationContext.TryRead(ref json)) is null)
                        return null;
                }
                else
                {
                    return null;
                }
            }
            return flagKey is null || user is null ? null : new Request(flagKey, user);
        }

        internal static Request Strict(JsonElement body)
        {
            var problems = new Problems();
            Request? request = null;
            if (JsonObjectReader.Over(body, "", problems) is { } members)
            {
                request = new Request(members.RequiredText("flag_key") ?? "", RequestedUser.Read(members));
                members.RefuseOthers();
            }
            Validation.Require(problems.Items);
            return request!;
        }
    }

    private static async Task Answer(HttpContext context, RuleCache cache, CallContext call)
    {
        var request = await JsonBody.Read(context.Request, Request.Parse, context.RequestAborted);
        var scope = await cache.Get(call.Scope, context.RequestAborted);
        var flag =
            scope.Rules.Find(request.FlagKey) ?? throw new NotFoundException($"There is no flag '{request.FlagKey}'.");

        var evaluation = flag.Evaluate(request.User);
        EvaluationMetrics.Count(evaluation.Reason);
        using var answer = new AnswerWriter(2 * AnswerWriter.BytesEach);
        answer.Evaluated(evaluation, flag.Version, cache.IsStale(scope));
        await answer.Send(context);
    }

    internal static void Map(RouteGroupBuilder evaluate) =>
        evaluate
            .MapPost("", (Delegate)Answer)
            .WithSummary("Evaluate a flag for a user")
            .Takes<EvaluateFlagBody>(EvaluateFlagBody.Example)
            .Gives(EvaluationResponse.Example)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .RequireScope(Scopes.Evaluate);
}
