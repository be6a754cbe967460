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
/// Answers many flags for one user, all of one revision: those of the keys, in their order, or every flag in key
/// order; of these, where tags are given, those that carry any of them. No message: see <see cref="EvaluateFlag"/>.
/// </summary>
internal static class EvaluateBatch
{
    public const int MaxFlagKeys = 1_000;
    public const int MaxTags = 50;

    internal sealed record Request(EvaluationContext User, IReadOnlyList<string>? FlagKeys, IReadOnlyList<string>? Tags)
    {
        /// <exception cref="InvalidFieldsException">Something is wrong with it.</exception>
        public static Request Parse(ReadOnlySequence<byte> body) =>
            QuickJson.Read(body, Quick) ?? Strict(JsonBody.Parse(body).Root);

        internal static Request? Quick(ref Utf8JsonReader json)
        {
            EvaluationContext? user = null;
            IReadOnlyList<string>? flagKeys = null;
            IReadOnlyList<string>? tags = null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (user is null && json.ValueTextEquals("user"u8))
                {
                    if ((user = EvaluationContext.TryRead(ref json)) is null)
                        return null;
                }
                else if (flagKeys is null && json.ValueTextEquals("flag_keys"u8))
                {
                    if ((flagKeys = QuickJson.Texts(ref json)) is not { Count: <= MaxFlagKeys })
                        return null;
                }
                else if (tags is null && json.ValueTextEquals("tags"u8))
                {
                    if ((tags = QuickJson.Texts(ref json)) is not { Count: <= MaxTags })
                        return null;
                }
                else
                {
                    return null;
                }
            }
            return user is null ? null : new Request(user, flagKeys, tags);
        }

        internal static Request Strict(JsonElement body)
        {
            var problems = new Problems();
            Request? request = null;
            if (JsonObjectReader.Over(body, "", problems) is { } members)
            {
                var user = RequestedUser.Read(members);
                request = new Request(user, members.Texts("flag_keys"), members.Texts("tags"));
                members.RefuseOthers();
                if (request.FlagKeys is { Count: > MaxFlagKeys })
                    problems.Add("flag_keys", $"must be at most {MaxFlagKeys}; leave it out for all flags");
                if (request.Tags is { Count: > MaxTags })
                    problems.Add("tags", $"must be at most {MaxTags}");
            }
            Validation.Require(problems.Items);
            return request!;
        }
    }

    /// <param name="Revision">The scope's revision that every item was evaluated at.</param>
    internal sealed record Response(IReadOnlyList<EvaluationResponse> Items, long Revision);

    private static async Task Answer(HttpContext context, RuleCache cache, CallContext call)
    {
        var request = await JsonBody.Read(context.Request, Request.Parse, context.RequestAborted);
        var scope = await cache.Get(call.Scope, context.RequestAborted);
        using var answer = Answered(request, scope, cache.IsStale(scope));
        await answer.Send(context);
    }

    private static AnswerWriter Answered(Request request, ScopeRules scope, bool stale)
    {
        var answer = new AnswerWriter(
            AnswerWriter.BytesEach * (2 + (request.FlagKeys?.Count ?? scope.Rules.Flags.Count))
        );
        var tally = EvaluationMetrics.Tally();
        answer.Raw("{\"items\":["u8);
        var isFirst = true;
        if (request.FlagKeys is { } keys)
        {
            foreach (var key in keys)
            {
                var flag = scope.Rules.Find(key);
                if (flag is not null && !Wanted(flag))
                    continue;
                Separate(ref answer);
                if (flag is null)
                    answer.Unknown(key, stale);
                else
                    Evaluate(flag, ref answer);
            }
        }
        else
        {
            foreach (var flag in scope.Rules.Flags)
            {
                if (!Wanted(flag))
                    continue;
                Separate(ref answer);
                Evaluate(flag, ref answer);
            }
        }
        EvaluationMetrics.Count(tally);
        answer.Raw("],\"revision\":"u8);
        answer.Number(scope.Head.Revision);
        answer.Raw("}"u8);
        return answer;

        void Separate(ref AnswerWriter answer)
        {
            if (!isFirst)
                answer.Raw(","u8);
            isFirst = false;
        }

        void Evaluate(CompiledFlag flag, ref AnswerWriter answer)
        {
            var evaluation = flag.Evaluate(request.User);
            tally[(int)evaluation.Reason]++;
            answer.Evaluated(evaluation, flag.Version, stale);
        }

        bool Wanted(CompiledFlag flag) => request.Tags is null || flag.Definition.Tags.Intersect(request.Tags).Any();
    }

    internal static void Map(RouteGroupBuilder evaluate) =>
        evaluate
            .MapPost("/batch", (Delegate)Answer)
            .WithSummary("Evaluate many flags for a user")
            .Takes<EvaluateBatchBody>(EvaluateBatchBody.Example)
            .Gives(new Response([EvaluationResponse.Example], Revision: 42))
            .RequireScope(Scopes.Evaluate);
}
