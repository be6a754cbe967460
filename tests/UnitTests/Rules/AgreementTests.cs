using System.Text.Json;
using CsCheck;
using FeatureFlags.Rules;

namespace FeatureFlags.UnitTests.Rules;

/// <summary>The compiled rules against the naive interpreter and against their own explanation.</summary>
public sealed class AgreementTests
{
    private const int RuleSets = 4_000;
    private const int UsersEach = 9;
    private static readonly string[] FlagKeys = ["main", "other", "third"];

    [Test]
    public void Compiled_rules_agree_with_the_naive_interpreter_and_their_explanation_on_100_000_random_cases()
    {
        var cases = 0;
        var reasons = new int[Enum.GetValues<Reason>().Length];

        Gen.Int.Sample(
            seed =>
            {
                var random = new RandomRules(seed);
                var flags = FlagKeys.ToDictionary(key => key, _ => random.Flag());
                var segments = new[] { "beta", "staff" }.ToDictionary(
                    key => key,
                    _ => (Criteria: random.Criteria(), Included: random.Members(), Excluded: random.Members())
                );
                var compiled = Compiled(flags, segments);
                for (var user = 0; user < UsersEach; user++)
                {
                    var (id, attributes) = (random.Id(), random.Attributes());
                    var context = EvaluationContext.FromJson(id is null ? null : Text(id), Json(attributes));
                    var naive = Naive(flags, segments, id, attributes);
                    foreach (var key in FlagKeys)
                    {
                        var expected = naive.Evaluate(key);
                        var flag = compiled.Find(key)!;
                        var evaluation = flag.Evaluate(context);
                        var explanation = flag.Explain(context);
                        if (Answer(evaluation) != expected || Answer(explanation) != expected)
                            throw new InvalidOperationException(
                                $"""
                                {key} for {id} with {attributes}
                                naive    {expected}
                                compiled {Answer(evaluation)}
                                explained {Answer(explanation)}
                                {string.Join('\n', flags)}
                                {JsonSerializer.Serialize(segments)}
                                """
                            );
                        Interlocked.Increment(ref reasons[(int)evaluation.Reason]);
                        Interlocked.Increment(ref cases);
                    }
                }
            },
            iter: RuleSets
        );

        Assert.That(cases, Is.GreaterThanOrEqualTo(100_000));
        Assert.That(reasons, Has.All.GreaterThan(500), "every way to an answer is taken often");
    }

    private static RuleSet Compiled(
        Dictionary<string, string> flags,
        Dictionary<string, (string? Criteria, string[] Included, string[] Excluded)> segments
    ) =>
        RuleSet
            .Empty(Given.Tenant)
            .With(
                new RuleSetChange
                {
                    Flags = [.. flags.Select(flag => FlagDefinition.Restore(flag.Key, 1, Json(flag.Value)))],
                    Segments =
                    [
                        .. segments.Select(segment =>
                            SegmentDefinition.Restore(
                                segment.Key,
                                1,
                                Json($"{{\"criteria\": {segment.Value.Criteria ?? "null"}}}")
                            ) with
                            {
                                Included = MemberSet.Of(segment.Value.Included.Select(Text)),
                                Excluded = MemberSet.Of(segment.Value.Excluded.Select(Text)),
                            }
                        ),
                    ],
                }
            );

    private static NaiveInterpreter Naive(
        Dictionary<string, string> flags,
        Dictionary<string, (string? Criteria, string[] Included, string[] Excluded)> segments,
        string? id,
        string attributes
    ) =>
        new(
            Given.Tenant,
            flags.ToDictionary(flag => flag.Key, flag => Json(flag.Value)),
            segments.ToDictionary(
                segment => segment.Key,
                segment => new NaiveInterpreter.Segment(
                    segment.Value.Criteria is { } criteria ? Json(criteria) : null,
                    [.. segment.Value.Included.Select(Text)],
                    [.. segment.Value.Excluded.Select(Text)]
                )
            ),
            id is null ? null : Json(id),
            Json(attributes)
        );

    private static NaiveInterpreter.Answer Answer(FeatureFlags.Rules.Evaluation e) =>
        new(e.Variant, e.Value?.GetRawText(), Name(e.Reason), e.RuleId, e.Error, e.Bucket, e.GateBucket);

    private static NaiveInterpreter.Answer Answer(Explanation e) =>
        new(e.Variant, e.Value?.GetRawText(), Name(e.Reason), e.RuleId, e.Error, e.Bucket, e.GateBucket);

    private static string Name(Reason reason) => JsonSerializer.SerializeToElement(reason).GetString()!;

    private static JsonElement Json(string json) => JsonElement.Parse(json);

    /// <summary>The text of a JSON string, of which only one pool value has an escape.</summary>
    private static string Text(string json) => json[1..^1].Replace("\\ud800", "\ud800", StringComparison.Ordinal);
}
