using System.Globalization;
using System.Text.Json;
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

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static NaiveInterpreter.Answer Answer(FeatureFlags.Rules.Evaluation e) =>
        new(e.Variant, e.Value?.GetRawText(), Name(e.Reason), e.RuleId, e.Error, e.Bucket, e.GateBucket);

    private static NaiveInterpreter.Answer Answer(Explanation e) =>
        new(e.Variant, e.Value?.GetRawText(), Name(e.Reason), e.RuleId, e.Error, e.Bucket, e.GateBucket);

    private static string Name(Reason reason) => JsonSerializer.SerializeToElement(reason).GetString()!;
}
