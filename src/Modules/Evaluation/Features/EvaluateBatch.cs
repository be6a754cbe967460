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

/// <summary>
/// Answers many flags for one user, all of one revision: those of the keys, in their order, or every flag in key
/// order; of these, where tags are given, those that carry any of them.
/// </summary>
internal static class EvaluateBatch
{
    public const int MaxFlagKeys = 1_000;
    public const int MaxTags = 50;

    internal sealed record Query(
        EvaluationContext User,
        IReadOnlyList<string>? FlagKeys,
        IReadOnlyList<string>? Tags,
        Problems Problems
    ) : IQuery<Response>
    {
        public static Query Read(JsonElement body)
        {
            var problems = new Problems();
            if (JsonObjectReader.Over(body, "", problems) is not { } request)
                return new Query(EvaluationContext.FromJson(null, null), null, null, problems);

            var user = RequestedUser.Read(request);
            var query = new Query(user, request.Texts("flag_keys"), request.Texts("tags"), problems);
            request.RefuseOthers();
            return query;
        }
    }

    /// <param name="Revision">The scope's revision that every item was evaluated at.</param>
    internal sealed record Response(IReadOnlyList<EvaluationResponse> Items, long Revision);

    internal sealed class Validator : AbstractValidator<Query>
    {
        public Validator()
        {
            RuleFor(q => q.Problems.Items).MustBeReadable();
            RuleFor(q => q.FlagKeys)
                .Must(keys => keys is null or { Count: <= MaxFlagKeys })
                .WithMessage($"must be at most {MaxFlagKeys}; leave it out for all flags");
            RuleFor(q => q.Tags)
                .Must(tags => tags is null or { Count: <= MaxTags })
                .WithMessage($"must be at most {MaxTags}");
        }
    }

    internal sealed class Handler(RuleCache cache, CallContext call, DatabaseStatus database)
        : IQueryHandler<Query, Response>
    {
        public async Task<Response> Handle(Query query, CancellationToken ct)
        {
            var scope = await cache.Get(call.Scope, ct);
            var stale = database.IsAway;
            var items = new List<EvaluationResponse>();
            if (query.FlagKeys is { } keys)
            {
                foreach (var key in keys)
                {
                    if (scope.Rules.Find(key) is not { } flag)
                        items.Add(EvaluationResponse.Unknown(key, stale));
                    else if (Wanted(flag, query.Tags))
                        items.Add(Evaluate(flag, query.User, stale));
                }
            }
            else
            {
                foreach (var flag in scope.Rules.Flags)
                {
                    if (Wanted(flag, query.Tags))
                        items.Add(Evaluate(flag, query.User, stale));
                }
            }
            return new Response(items, scope.Head.Revision);
        }

        private static EvaluationResponse Evaluate(CompiledFlag flag, EvaluationContext user, bool stale)
        {
            var evaluation = flag.Evaluate(user);
            EvaluationMetrics.Count(evaluation.Reason);
            return EvaluationResponse.Of(flag, evaluation, stale);
        }

        private static bool Wanted(CompiledFlag flag, IReadOnlyList<string>? tags) =>
            tags is null || flag.Definition.Tags.Intersect(tags).Any();
    }

    internal static void Map(RouteGroupBuilder evaluate) =>
        evaluate
            .MapPost(
                "/batch",
                async (JsonBody body, ISender sender, CancellationToken ct) =>
                    TypedResults.Ok(await sender.Send(Query.Read(body.Root), ct))
            )
            .WithSummary("Evaluate many flags for a user")
            .Takes<EvaluateBatchBody>(EvaluateBatchBody.Example)
            .Gives(new Response([EvaluationResponse.Example], Revision: 42))
            .RequireScope(Scopes.Evaluate);
}
