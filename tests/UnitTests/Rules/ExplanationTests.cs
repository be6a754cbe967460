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
        "list is [\"a\",null,{},{},true], which does not satisfy has_any [1]"
    )]
    [TestCase("{'attr': {'country': 'CA'}}", "country is \"CA\", which satisfies eq \"CA\"")]
    [TestCase("{'attr': {'x': {'has_any': [1]}}}", "x is missing")]
    [TestCase("{'attr': {'country': {'size_gt': 1}}}", "country is \"CA\", which is nothing that size_gt compares")]
    [TestCase("{'attr': {'beta': false}}", "beta is false, which satisfies eq false")]
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
            Given.User(attributes: "{'country': 'CA', 'beta': false, 'list': ['a', null, {'y': 1}, [2], true]}")
        );

        var rule = explanation.Rules.Single();
        var told = rule.Conditions.Single();
        Assert.That((told.Condition, told.Why), Is.EqualTo((NameOfFirstMember(condition), why)));
        Assert.That(told.Holds, Is.EqualTo(rule.Holds));
    }

    [TestCase(100, "below 1 (100 %)")]
    [TestCase(0, "not below 0 (0 %)")]
    public void A_percentage_says_on_which_side_of_it_the_bucket_is(int percentage, string side)
    {
        var rules = Given.RuleSet(Given.FlagWhen($"{{'percentage': {percentage}}}"));

        var gate = Explain(rules, "flag", Given.User()).Rules.Single().Conditions.Single();

        var bucket = Bucketing.Bucket(Given.Tenant, "flag", "gate", "user-1");
        Assert.That(gate.Bucket, Is.EqualTo(bucket));
        Assert.That(gate.Why, Is.EqualTo(FormattableString.Invariant($"bucket {bucket} is {side}")));
    }

    [Test]
    public void A_percentage_without_a_bucket_key_has_no_bucket()
    {
        var rules = Given.RuleSet(Given.FlagWhen("{'percentage': 50}"));

        var gate = Explain(rules, "flag", Given.User(id: null)).Rules.Single().Conditions.Single();

        Assert.That((gate.Bucket, gate.Holds), Is.EqualTo(((double?)null, false)));
    }

    [Test]
    public void A_split_says_where_the_user_falls_and_what_that_gives()
    {
        var rules = Given.RuleSet(
            Given.Flag(
                "f",
                """
                {'state': 'on', 'variants': [{'key': 'a', 'weight': 1}, {'key': 'b', 'weight': 1}], 'rules': [{'id': 'r', 'order': 1,
                 'when': {'not': {}}, 'rollout': {'distribution': [{'variant': 'a', 'weight': 1}, {'variant': 'b', 'weight': 1}]}}]}
                """
            )
        );

        foreach (var id in Enumerable.Range(0, 20).Select(i => $"user-{i}"))
        {
            var bucket = Bucketing.Bucket(Given.Tenant, "f", id);
            foreach (var rollout in Rollouts(id))
                Assert.That((rollout.Bucket, rollout.Variant), Is.EqualTo(((double?)bucket, bucket < 0.5 ? "a" : "b")));
        }
        foreach (var rollout in Rollouts(id: null))
            Assert.That((rollout.Bucket, rollout.Variant), Is.EqualTo(((double?)null, (string?)null)));

        RolloutExplanation[] Rollouts(string? id)
        {
            var explanation = Explain(rules, "f", Given.User(id));
            return [explanation.Default!, explanation.Rules.Single().Rollout];
        }
    }

    [Test]
    public void One_variant_is_given_to_whom_has_no_bucket_key_too()
    {
        var rules = Given.RuleSet(Given.FlagWhen("{'not': {}}"));

        var byDefault = Explain(rules, "flag", Given.User(id: null)).Default!;

        Assert.That((byDefault.Variant, byDefault.Bucket), Is.EqualTo(("off", (double?)null)));
    }

    [TestCase("on", "no rule holds, and the weights give a")]
    [TestCase("off", "the flag is off and gives a")]
    [TestCase("unmet", "a flag that this one requires is not met, which gives a")]
    [TestCase("split", "the flag is in error (bucket_key_missing), which gives a")]
    public void A_summary_says_what_decided(string key, string summary)
    {
        const string One = "'variants': [{'key': 'a', 'weight': 1}]";
        var rules = Given.RuleSet(
            Given.Flag("on", $"{{'state': 'on', {One}}}"),
            Given.Flag("off", $"{{{One}}}"),
            Given.Flag("unmet", $"{{'state': 'on', {One}, 'prerequisites': [{{'key': 'off', 'variant': 'a'}}]}}"),
            Given.Flag("split", "{'state': 'on', 'variants': [{'key': 'a', 'weight': 1}, {'key': 'b', 'weight': 1}]}")
        );

        Assert.That(Explain(rules, key, Given.User(id: null)).Summary, Is.EqualTo(summary));
    }

    [Test]
    public void A_group_tells_its_members_of_which_one_with_several_terms_is_a_group_itself()
    {
        var rules = Given.RuleSet(Given.FlagWhen("{'any': [{'attr': {'x': 1}}, {'attr': {'x': 2, 'y': 3}}]}"));

        var any = Explain(rules, "flag", Given.User(attributes: "{'x': 2, 'y': 3}")).Rules.Single().Conditions.Single();

        Assert.That(
            any.Conditions!.Select(c => (c.Condition, c.Holds)),
            Is.EqualTo(new[] { ("attr", false), ("all", true) })
        );
        Assert.That(any.Conditions![1].Conditions!.Select(c => c.Attribute), Is.EqualTo(new[] { "x", "y" }));
    }

    [Test]
    public void Each_segment_of_a_list_is_told_of_though_the_first_decides()
    {
        var rules = Given.RuleSet(
            [Given.FlagWhen("{'segment': ['ca', 'everyone']}")],
            Given.Segment("ca", "{'attr': {'country': 'CA'}}"),
            Given.Segment("everyone", "{}")
        );

        var rule = Explain(rules, "flag", Given.User(attributes: "{'country': 'CA'}")).Rules.Single();

        Assert.That(rule.Holds, Is.True);
        Assert.That(
            rule.Conditions.Select(c => (c.Segment, c.Holds)),
            Is.EqualTo(new[] { ("ca", true), ("everyone", true) })
        );
    }

    [Test]
    public void Each_prerequisite_is_told_of_though_the_first_is_not_met()
    {
        var rules = Given.RuleSet(
            Given.FlagWhen("{'not': {}}", "unmet"),
            Given.FlagWhen("{}", "met"),
            Given.Flag(
                "f",
                """
                {'state': 'on', 'variants': [{'key': 'on', 'weight': 1}],
                 'prerequisites': [{'key': 'unmet', 'variant': 'on'}, {'key': 'met', 'variant': 'on'}],
                 'rules': [{'id': 'r', 'order': 1, 'rollout': {'variant': 'on'}}]}
                """
            )
        );

        var explanation = Explain(rules, "f", Given.User());

        Assert.That(
            explanation.Prerequisites.Select(p => (p.Flag, p.Holds)),
            Is.EqualTo(new[] { ("unmet", false), ("met", true) })
        );
        Assert.That(explanation.Rules.Single().Conditions, Is.Empty);
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
            conditions[1].Conditions!.Select(c => (c.Condition, c.Holds, c.Explanation)),
            Is.EqualTo(new[] { ("segment", true, (Explanation?)null), ("flag", true, null) })
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
    public void A_segment_s_cycle_is_explained_where_it_closes()
    {
        var rules = Given.RuleSet(
            [Given.FlagWhen("{'segment': 'self'}")],
            Given.Segment("self", "{'segment': 'self'}")
        );

        var self = Explain(rules, "flag", Given.User()).Rules.Single().Conditions.Single();

        Assert.That(self.Conditions!.Single().Why, Is.EqualTo("self refers to itself"));
    }

    [Test]
    public void A_flag_that_is_off_is_off_also_where_it_could_not_be_evaluated()
    {
        var rules = Given.RuleSet(
            Given.Flag(
                "off",
                """
                {'variants': [{'key': 'on', 'weight': 1}],
                 'rules': [{'id': 'r', 'order': 1, 'when': {'flag': {'key': 'off', 'variant': 'on'}}, 'rollout': {'variant': 'on'}}]}
                """
            )
        );

        var explanation = Explain(rules, "off", Given.User());

        Assert.That(explanation.Reason, Is.EqualTo(Reason.FlagOff));
        Assert.That(explanation.Rules.Single().Conditions.Single().Why, Is.EqualTo("off is off"));
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

    [TestCase(200, "")]
    [TestCase(201, "…")]
    public void A_text_is_shown_as_far_as_200_characters(int length, string end)
    {
        var rules = Given.RuleSet(Given.FlagWhen("{'attr': {'x': 'y'}}"));
        var user = EvaluationContext.For("u").Set("x", new string('t', length)).Build();

        var condition = Explain(rules, "flag", user).Rules.Single().Conditions.Single();

        Assert.That(condition.Actual?.GetString(), Is.EqualTo(new string('t', 200) + end));
    }

    [TestCase(98, "\"")]
    [TestCase(99, "…")]
    public void A_sentence_quotes_an_operand_as_far_as_100_characters(int length, string end)
    {
        var text = new string('t', length);
        var rules = Given.RuleSet(Given.FlagWhen($"{{'attr': {{'x': '{text}'}}}}"));

        var condition = Explain(rules, "flag", Given.User(attributes: "{'x': 'y'}")).Rules.Single().Conditions.Single();

        Assert.That(condition.Why, Is.EqualTo($"x is \"y\", which does not satisfy eq \"{text}{end}"));
        Assert.That(condition.Operand?.GetString(), Is.EqualTo(text));
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

    private static string NameOfFirstMember(string json) => json.Split('\'')[1];

    private static Explanation Explain(RuleSet rules, string key, EvaluationContext user) =>
        rules.Find(key)!.Explain(user);
}
