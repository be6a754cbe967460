using System.Text.Json;
using FeatureFlags.Rules;

namespace FeatureFlags.UnitTests.Rules;

public sealed class ExplanationTests
{
    [Test]
    public void Every_rule_is_explained_in_order_with_every_condition_beyond_the_one_that_decides()
    {
        var rules = Given.RuleSet(
            Given.Flag(
                "f",
                """
                {'state': 'on', 'variants': [{'key': 'a', 'weight': 1}, {'key': 'b', 'weight': 3}], 'rules': [
                 {'id': 'late', 'order': 2, 'description': 'everyone', 'rollout': {'variant': 'a'}},
                 {'id': 'early', 'order': 1, 'when': {'attr': {'country': 'CA', 'age': {'gte': 18, 'lt': 30}}, 'percentage': 40},
                  'rollout': {'distribution': [{'variant': 'a', 'weight': 1}, {'variant': 'b', 'weight': 1}]}}]}
                """
            )
        );

        var explanation = Explain(rules, "f", Given.User(attributes: "{'country': 'US', 'age': '20'}"));

        Assert.That(explanation.Summary, Is.EqualTo("rule late holds and gives a"));
        Assert.That(
            explanation.Rules.Select(r => (r.Id, r.Holds)),
            Is.EqualTo(new[] { ("early", false), ("late", true) })
        );
        var gate = Bucketing.Bucket(Given.Tenant, "f", "gate", "user-1");
        Assert.That(
            explanation.Rules[0].Conditions.Select(c => (c.Condition, c.Attribute, c.Operator, c.Holds, c.Why)),
            Is.EqualTo(
                new[]
                {
                    ("attr", "country", "eq", false, "country is \"US\", which does not satisfy eq \"CA\""),
                    ("attr", "age", "gte", false, "age is \"20\", which is nothing that gte compares"),
                    ("attr", "age", "lt", false, "age is \"20\", which is nothing that lt compares"),
                    (
                        "percentage",
                        null,
                        null,
                        gate < 0.4,
                        FormattableString.Invariant($"bucket {gate} is {(gate < 0.4 ? "" : "not ")}below 0.4 (40 %)")
                    ),
                }
            )
        );
        Assert.That(
            explanation.Rules[0].Rollout.Ranges,
            Is.EqualTo(new[] { new RangeExplanation("a", 0, 0.5), new RangeExplanation("b", 0.5, 1) })
        );
        Assert.That(
            explanation.Default!.Ranges,
            Is.EqualTo(new[] { new RangeExplanation("a", 0, 0.25), new RangeExplanation("b", 0.25, 1) })
        );
        Assert.That((explanation.BucketKey, explanation.GateBucket), Is.EqualTo(("user-1", (double?)gate)));
        Assert.That(explanation.Rules[1].Rollout.Bucket, Is.Null, "one variant takes no draw");
    }

    [Test]
    public void The_hashing_scheme_is_named_where_it_is_not_our_own()
    {
        const string Variants = "'variants': [{'key': 'a', 'weight': 1}]";
        var rules = Given.RuleSet(
            Given.Flag("ours", $"{{{Variants}}}"),
            Given.Flag("theirs", $"{{{Variants}, 'hashing': 'unleash'}}")
        );
        JsonElement Explained(string key) => JsonSerializer.SerializeToElement(Explain(rules, key, Given.User()));

        Assert.That(Explained("ours").TryGetProperty("Hashing", out _), Is.False);
        Assert.That(Explained("theirs").GetProperty("Hashing").GetString(), Is.EqualTo("unleash"));
    }

    [TestCase("{'attr': {'x': 1}}", "x is missing")]
    [TestCase("{'attr': {'x': {'exists': true}}}", "x is missing, which does not satisfy exists true")]
    [TestCase("{'attr': {'x': {'exists': false}}}", "x is missing, which satisfies exists false")]
    [TestCase(
        "{'attr': {'list': {'has_any': [1]}}}",
        "list is [\"a\",null,{},true], which does not satisfy has_any [1]"
    )]
    [TestCase("{'percentage': 50, 'by': ['x', 'y']}", "x and y, to bucket by, is missing")]
    [TestCase("{'segment': 'unknown'}", "there is no segment unknown")]
    [TestCase("{'segment': 'out'}", "the id is excluded from out")]
    [TestCase("{'segment': 'in'}", "the id is included in in")]
    [TestCase("{'segment': 'ca'}", "the criteria of ca hold")]
    [TestCase("{'segment': 'us'}", "the criteria of us do not hold")]
    [TestCase("{'segment': 'few'}", "the id is not included in few, which has no criteria")]
    [TestCase("{'segment': 'self'}", "the criteria of self do not hold")]
    [TestCase("{'flag': {'key': 'unknown', 'variant': 'v'}}", "there is no flag unknown")]
    [TestCase("{'flag': {'key': 'off', 'variant': 'on'}}", "off is off")]
    [TestCase("{'flag': {'key': 'other', 'variant': 'on'}}", "other gives on, which is among on")]
    [TestCase("{'flag': {'key': 'other', 'variant': ['off', 'blue']}}", "other gives on, which is not among off, blue")]
    [TestCase("{'flag': {'key': 'requires', 'variant': 'on'}}", "requires lacks a flag that it requires itself")]
    [TestCase("{'flag': {'key': 'asks', 'variant': 'on'}}", "asks gives off, which is not among on")]
    [TestCase("{'any': [{'attr': {'x': 1}}, {}]}", "1 of 2 hold")]
    [TestCase("{'not': {}}", "no conditions always hold")]
    [TestCase("{'all': [{'attr': {'x': 1, 'list': {'size_gt': 0}}}]}", "0 of 1 hold")]
    public void A_condition_says_why_it_holds_or_not(string condition, string why)
    {
        var rules = Given.RuleSet(
            [
                Given.FlagWhen(condition),
                Given.FlagWhen("{}", "other"),
                Given.Flag("off", "{'variants': [{'key': 'on', 'weight': 1}]}"),
                Given.Flag(
                    "requires",
                    "{'state': 'on', 'variants': [{'key': 'on', 'weight': 1}], 'prerequisites': [{'key': 'off', 'variant': 'on'}]}"
                ),
                Given.FlagWhen("{'flag': {'key': 'flag', 'variant': 'on'}}", "asks"),
            ],
            Given.Segment("out") with
            {
                Excluded = MemberSet.Of(["user-1"]),
            },
            Given.Segment("in") with
            {
                Included = MemberSet.Of(["user-1"]),
            },
            Given.Segment("few") with
            {
                Included = MemberSet.Of(["user-2"]),
            },
            Given.Segment("ca", "{'attr': {'country': 'CA'}}"),
            Given.Segment("us", "{'attr': {'country': 'US'}}"),
            Given.Segment("self", "{'segment': 'self'}")
        );

        var explanation = Explain(
            rules,
            "flag",
            Given.User(attributes: "{'country': 'CA', 'list': ['a', null, {}, true]}")
        );

        Assert.That(explanation.Rules.Single().Conditions.Select(c => c.Why), Is.EqualTo(new[] { why }));
    }

    [Test]
    public void Segments_and_prerequisites_are_followed_and_each_told_once()
    {
        var rules = Given.RuleSet(
            [
                Given.Flag(
                    "f",
                    """
                    {'state': 'on', 'variants': [{'key': 'on', 'weight': 1}], 'prerequisites': [{'key': 'p', 'variant': 'on'}],
                     'rules': [{'id': 'r', 'order': 1, 'when': {'segment': 's', 'any': [{'segment': 's'}, {'flag': {'key': 'p', 'variant': 'on'}}]},
                      'rollout': {'variant': 'on'}}]}
                    """
                ),
                Given.FlagWhen("{'segment': 's'}", "p"),
            ],
            Given.Segment("s", "{'attr': {'x': 1}}")
        );

        var explanation = Explain(rules, "f", Given.User(attributes: "{'x': 1}"));

        var prerequisite = explanation.Prerequisites.Single();
        Assert.That((prerequisite.Flag, prerequisite.Holds), Is.EqualTo(("p", true)));
        Assert.That(
            prerequisite.Explanation!.Rules.Single().Conditions.Single().Conditions!.Single().Attribute,
            Is.EqualTo("x")
        );
        var conditions = explanation.Rules.Single().Conditions;
        Assert.That(
            (conditions[0].Segment, conditions[0].Holds, conditions[0].Conditions),
            Is.EqualTo(("s", true, (object?)null))
        );
        Assert.That(
            conditions[1].Conditions!.Select(c => (c.Holds, c.Explanation)),
            Is.All.EqualTo((true, (Explanation?)null))
        );
    }

    [Test]
    public void A_flag_that_is_off_or_unmet_tells_what_its_rules_would_say()
    {
        var off = Given.Flag(
            "off",
            "{'variants': [{'key': 'on', 'weight': 1}], 'rules': [{'id': 'r', 'order': 1, 'rollout': {'variant': 'on'}}]}"
        );
        var unmet = Given.Flag(
            "unmet",
            "{'state': 'on', 'variants': [{'key': 'on', 'weight': 1}], 'prerequisites': [{'key': 'off', 'variant': 'on'}], 'rules': [{'id': 'r', 'order': 1, 'rollout': {'variant': 'on'}}]}"
        );
        var rules = Given.RuleSet(off, unmet);

        foreach (
            var (key, state, reason) in new[]
            {
                ("off", "off", Reason.FlagOff),
                ("unmet", "on", Reason.PrerequisiteFailed),
            }
        )
        {
            var explanation = Explain(rules, key, Given.User());

            Assert.That(
                (explanation.State, explanation.Reason, explanation.RuleId),
                Is.EqualTo((state, reason, (string?)null))
            );
            Assert.That(explanation.Rules.Single().Holds, Is.True);
        }
    }

    [Test]
    public void A_cycle_is_explained_where_it_closes()
    {
        var rules = Given.RuleSet(
            Given.FlagWhen("{'flag': {'key': 'b', 'variant': 'on'}}", "a"),
            Given.FlagWhen("{'flag': {'key': 'a', 'variant': 'on'}}", "b")
        );

        var toB = Explain(rules, "a", Given.User()).Rules.Single().Conditions.Single();
        var toA = toB.Explanation!.Rules.Single().Conditions.Single();

        Assert.That(toA.Why, Is.EqualTo("a is in error: cycle"));
        Assert.That(toA.Explanation!.Rules, Is.Empty);
    }

    [Test]
    public void Long_values_are_shortened()
    {
        var rules = Given.RuleSet(Given.FlagWhen("{'attr': {'text': 'x', 'list': {'size_eq': 0}}}"));
        var user = EvaluationContext
            .For("u")
            .Set("text", new string('t', 10_000))
            .Set("list", Enumerable.Repeat("e", 10_000))
            .Build();

        var json = JsonSerializer.Serialize(rules.Find("flag")!.Explain(user));

        Assert.That(json, Has.Length.LessThan(3_000));
    }

    [Test]
    public void It_serialises_with_names_that_clients_know()
    {
        var rules = Given.RuleSet(Given.FlagWhen("{'attr': {'x': 1}}"));

        var json = JsonSerializer.SerializeToElement(
            Explain(rules, "flag", Given.User(attributes: "{'x': 1}")),
            JsonSerializerOptions.Web
        );

        Assert.That(json.GetProperty("reason").GetString(), Is.EqualTo("rule_match"));
        var condition = json.GetProperty("rules")[0].GetProperty("conditions")[0];
        Assert.That(
            condition.EnumerateObject().Select(m => m.Name),
            Is.EqualTo(new[] { "condition", "holds", "why", "attribute", "operator", "operand", "actual" })
        );
    }

    private static Explanation Explain(RuleSet rules, string key, EvaluationContext user) =>
        rules.Find(key)!.Explain(user);
}
