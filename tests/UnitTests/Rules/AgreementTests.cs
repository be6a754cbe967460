using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using FeatureFlags.Rules;

namespace FeatureFlags.UnitTests.Rules;

/// <summary>
/// The compiled rules against the naive interpreter and against their own explanation. Each run tries other cases;
/// <c>RULE_SEED</c> names the first one, to see a failure again, and <c>RULE_SETS</c> how many.
/// </summary>
public sealed class AgreementTests
{
    private const int UsersEach = 9;

    [Test]
    public void Compiled_rules_agree_with_the_naive_interpreter_and_their_explanation_on_100_000_random_cases()
    {
        var first = Number("RULE_SEED") ?? Random.Shared.Next(1_000_000_000);
        var count = Number("RULE_SETS") ?? 2_500;
        var failure = (string?)null;
        var cases = 0;

        Parallel.For(
            first,
            first + count,
            (seed, loop) =>
            {
                var rules = RuleCase.Random(seed, UsersEach);
                Interlocked.Add(ref cases, rules.Count);
                if (Disagreement(rules) is null)
                    return;

                loop.Stop();
                var shrunk = rules.Shrunk(smaller => Disagreement(smaller) is not null);
                failure = $"RULE_SEED={seed}, made smaller:\n{shrunk}\n{Disagreement(shrunk)}";
            }
        );

        Assert.That(failure, Is.Null);
        Assert.That(cases, Is.GreaterThanOrEqualTo(40 * count));
    }

    [Test]
    public void The_random_cases_take_every_operator_to_every_outcome_and_an_evaluation_every_way()
    {
        var asked = new Dictionary<string, int>();
        var reasons = new Dictionary<string, int>();
        var conditions = new Dictionary<string, int>();
        for (var seed = 0; seed < 1_500; seed++)
        {
            var rules = RuleCase.Random(seed, UsersEach);
            foreach (var user in rules.Users)
            {
                var naive = rules.Naive(user);
                var context = user.Contexts().First().Context;
                foreach (var flag in rules.Compiled.Flags)
                {
                    var answer = naive.Evaluate(flag.Key);
                    Count(reasons, answer.Error ?? answer.Reason);
                    foreach (
                        var why in flag.Explain(context).Rules.SelectMany(rule => rule.Conditions).SelectMany(Ways)
                    )
                        Count(conditions, why);
                }
                foreach (var ((name, outcome), times) in naive.Asked)
                    asked[$"{name}: {outcome}"] = asked.GetValueOrDefault($"{name}: {outcome}") + times;
            }
        }

        string[] outcomes = ["yes", "no", "wrong type", "missing"];
        string[] never = ["exists: wrong type", "exists: missing"];
        Assert.Multiple(() =>
        {
            foreach (var known in Operators.All)
            {
                foreach (var outcome in outcomes.Select(outcome => $"{known.Name}: {outcome}").Except(never))
                    Assert.That(asked.GetValueOrDefault(outcome), Is.GreaterThanOrEqualTo(20), outcome);
            }
            Assert.That(
                reasons.Where(reason => reason.Value >= 100).Select(reason => reason.Key),
                Is.EquivalentTo(
                    new[]
                    {
                        "rule_match",
                        "default_distribution",
                        "flag_off",
                        "prerequisite_failed",
                        EvaluationErrors.BucketKeyMissing,
                    }
                )
            );
            Assert.That(
                conditions.Where(way => way.Value >= 20).Select(way => way.Key),
                Is.SupersetOf(
                    new[]
                    {
                        "attr yes",
                        "attr no",
                        "percentage yes",
                        "percentage no",
                        "all yes",
                        "all no",
                        "any yes",
                        "any no",
                        "not yes",
                        "not no",
                        "the id is excluded from _",
                        "the id is included in _",
                        "the criteria of _ hold",
                        "the criteria of _ do not hold",
                        "the id is not included in _, which has no criteria",
                        "there is no segment _",
                        "_ refers to itself",
                        "there is no flag _",
                        "_ is off",
                        "_ lacks a flag that it requires itself",
                        "_ is in error: cycle",
                        "_ is in error: bucket_key_missing",
                        "_ gives _, which is among _",
                        "_ gives _, which is not among _",
                    }
                )
            );
        });
    }

    /// <summary>What the interpreter, the compiled rules and their explanation do not say alike; null when they do.</summary>
    private static string? Disagreement(RuleCase rules)
    {
        foreach (var user in rules.Users)
        {
            var naive = rules.Naive(user);
            foreach (var (way, context) in user.Contexts())
            {
                foreach (var flag in rules.Compiled.Flags)
                {
                    var expected = naive.Evaluate(flag.Key);
                    var evaluation = InTime(() => Answer(flag.Evaluate(context)), answer => answer.Error);
                    var explanation = InTime(() => flag.Explain(context), answer => answer.Error);
                    var rulesThatHold = explanation.Rules.Where(rule => rule.Holds).Select(rule => rule.Id).ToArray();
                    if (
                        evaluation != expected
                        || Answer(explanation) != expected
                        || (explanation.Rules.Count > 0 && !rulesThatHold.SequenceEqual(naive.RulesThatHold(flag.Key)))
                    )
                        return $"""
                            {flag.Key} for {user.Id}, by {way}
                            naive     {expected}
                            compiled  {evaluation}
                            explained {Answer(explanation)}
                            rules     {string.Join(' ', naive.RulesThatHold(flag.Key))} / {string.Join(
                                ' ',
                                rulesThatHold
                            )}
                            """;
                }
            }
        }
        return null;
    }

    // On a starved machine a regular expression may run out of its time, and nothing else: it is asked again.
    private static T InTime<T>(Func<T> ask, Func<T, string?> error)
    {
        var answer = ask();
        for (var again = 0; again < 20 && error(answer) == EvaluationErrors.RegexTimeout; again++)
            answer = ask();
        return answer;
    }

    /// <summary>What kind of condition came to what, or why, with <c>_</c> for keys; and so on for those inside it.</summary>
    private static IEnumerable<string> Ways(ConditionExplanation condition) =>
        (condition.Conditions ?? [])
            .SelectMany(Ways)
            .Prepend(
                condition.Condition is "segment" or "flag"
                    ? Regex.Replace(
                        condition.Why,
                        @"\b(main|other|third|beta|staff|unknown|(off|on|blue)\b(?!$)(, (off|on|blue))*)\b|(?<=among ).*",
                        "_",
                        RegexOptions.None,
                        TimeSpan.FromSeconds(10)
                    )
                    : $"{condition.Condition} {(condition.Holds ? "yes" : "no")}"
            );

    private static void Count(Dictionary<string, int> counts, string what) =>
        counts[what] = counts.GetValueOrDefault(what) + 1;

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static NaiveInterpreter.Answer Answer(FeatureFlags.Rules.Evaluation e) =>
        new(e.Variant, e.Value?.GetRawText(), Name(e.Reason), e.RuleId, e.Error, e.Bucket, e.GateBucket);

    private static NaiveInterpreter.Answer Answer(Explanation e) =>
        new(e.Variant, e.Value?.GetRawText(), Name(e.Reason), e.RuleId, e.Error, e.Bucket, e.GateBucket);

    private static string Name(Reason reason) => JsonSerializer.SerializeToElement(reason).GetString()!;
}
