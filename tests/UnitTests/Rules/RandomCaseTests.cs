using System.Text.RegularExpressions;
using FeatureFlags.Rules;

namespace FeatureFlags.UnitTests.Rules;

/// <summary>What the random cases reach: an operator that never says yes in them is not tested by them.</summary>
public sealed class RandomCaseTests
{
    private const int UsersEach = 9;

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
                    Assert.That(asked.GetValueOrDefault(outcome), Is.GreaterThanOrEqualTo(10), outcome);
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
}
