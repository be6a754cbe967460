using System.Text.Json;
using System.Text.Json.Serialization;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.Evaluation.Domain;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Json;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.Evaluation.Features;

/// <summary>
/// Answers as evaluation would and says why: the stored flag, or an unsaved definition tried among the stored flags
/// and segments. Stores nothing and counts in no evaluation metric.
/// </summary>
internal static class PreviewFlag
{
    // Members of a flag that evaluation does not read: taken, so that a whole flag can be tried as it stands.
    private static readonly string[] OtherFlagMembers =
    [
        "key",
        "name",
        "description",
        "tags",
        "metadata",
        "version",
        "created_at",
        "updated_at",
    ];

    internal sealed record Query(string FlagKey, EvaluationContext User, FlagDefinition? Unsaved, Problems Problems)
        : IQuery<Response>
    {
        public static Query Read(JsonElement body)
        {
            var problems = new Problems();
            if (JsonObjectReader.Over(body, "", problems) is not { } request)
                return new Query("", EvaluationContext.FromJson(null, null), null, problems);

            var key = request.RequiredText("flag_key") ?? "";
            var user = RequestedUser.Read(request);
            FlagDefinition? unsaved = null;
            if (request.Object("flag") is { } flag)
            {
                unsaved = FlagDefinition.Read(key, flag, problems);
                if (flag.Text("key") is { } named && named != key)
                    problems.Add(flag.PathOf("key"), $"must be '{key}', as flag_key, or left out");
                flag.RefuseOthers(OtherFlagMembers);
            }
            request.RefuseOthers();
            return new Query(key, user, unsaved, problems);
        }
    }

    /// <param name="Explanation">Every rule in order with every condition: what was compared and why it did not hold.</param>
    /// <param name="Revision">The scope's revision that was used.</param>
    internal sealed record Response(
        string FlagKey,
        string? Variant,
        JsonElement? Value,
        Reason Reason,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RuleId,
        EvaluationDetails Details,
        long? Version,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Stale,
        Explanation Explanation,
        long Revision
    );

    internal sealed class Validator : AbstractValidator<Query>
    {
        public Validator() => RuleFor(q => q.Problems.Items).MustBeReadable();
    }

    internal sealed class Handler(RuleCache cache, CallContext call) : IQueryHandler<Query, Response>
    {
        public async Task<Response> Handle(Query query, CancellationToken ct)
        {
            var scope = await cache.Get(call.Scope, ct);
            var rules = scope.Rules;
            if (query.Unsaved is { } unsaved)
            {
                RequireTargets(rules, unsaved);
                rules = rules.With(new RuleSetChange { Flags = [unsaved] });
            }
            var flag = rules.Find(query.FlagKey) ?? throw new NotFoundException($"There is no flag '{query.FlagKey}'.");

            var explained = flag.Explain(query.User);
            return new Response(
                explained.FlagKey,
                explained.Variant,
                explained.Value,
                explained.Reason,
                explained.RuleId,
                new EvaluationDetails(explained.Bucket, explained.GateBucket, explained.Error),
                query.Unsaved is null ? explained.Version : null,
                cache.IsStale(scope) ? true : null,
                explained,
                scope.Head.Revision
            );
        }

        private static void RequireTargets(RuleSet rules, FlagDefinition unsaved)
        {
            var errors = new FieldErrors();
            foreach (var reference in unsaved.References)
            {
                var known =
                    reference.Kind == ReferenceKind.Segment
                        ? rules.FindSegment(reference.Key) is not null
                        : reference.Key == unsaved.Key || rules.Find(reference.Key) is not null;
                if (!known)
                    errors.Add(
                        reference.Path,
                        $"there is no {(reference.Kind == ReferenceKind.Segment ? "segment" : "flag")} '{reference.Key}'"
                    );
            }
            errors.Throw();
        }
    }

    internal static void Map(RouteGroupBuilder evaluate) =>
        evaluate
            .MapPost(
                "/preview",
                async (JsonBody body, ISender sender, CancellationToken ct) =>
                    TypedResults.Ok(await sender.Send(Query.Read(body.Root), ct))
            )
            .WithSummary("Evaluate a flag, saved or not, and explain the answer")
            .Takes<PreviewFlagBody>(PreviewFlagBody.Example)
            .Gives<Response>(PreviewFlagBody.ResponseExample)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .RequireScope(Scopes.Evaluate, Scopes.FlagsRead, Scopes.SegmentsRead);
}
