using System.Text;
using CsCheck;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Engine;

namespace FeatureFlags.UnitTests.Rules;

public sealed class EvaluationTests
{
    private const string Halves =
        "'variants': [{'key': 'a', 'weight': 1, 'value': 10}, {'key': 'b', 'weight': 1, 'value': 20}]";

    [Test]
    public void A_flag_that_is_off_gives_its_off_variant()
    {
        var rules = Given.RuleSet(Given.Flag("f", $"{{{Halves}, 'off_variant': 'b', 'rules': [{Rule(1, "a")}]}}"));

        var evaluation = rules.Evaluate("f", Given.User());

        Assert.That((evaluation.Variant, evaluation.Reason), Is.EqualTo(("b", Reason.FlagOff)));
        Assert.That(evaluation.Value?.GetInt32(), Is.EqualTo(20));
        Assert.That(evaluation.RuleId, Is.Null);
        Assert.That(evaluation.Error, Is.Null);
    }

    [Test]
    public void The_first_rule_by_order_that_holds_decides()
    {
        var rules = Given.RuleSet(
            Given.Flag(
                "f",
                $"{{'state': 'on', {Halves}, 'rules': [{Rule(3, "a")}, {Rule(2, "b")}, {Rule(1, "a", "{'attr': {'x': 1}}")}]}}"
            )
        );

        var evaluation = rules.Evaluate("f", Given.User(attributes: "{'x': 2}"));

        Assert.That(
            (evaluation.Variant, evaluation.Reason, evaluation.RuleId),
            Is.EqualTo(("b", Reason.RuleMatch, "r2"))
        );
        Assert.That(evaluation.Error, Is.Null);
    }

    [Test]
    public void A_rule_behind_the_one_that_decides_is_not_looked_at()
    {
        var rules = Given.RuleSet(
            Given.Flag(
                "f",
                $"{{'state': 'on', {Halves}, 'rules': [{Rule(1, "a")}, {Rule(2, "b", "{'attr': {'x': {'matches': 'y'}}}")}]}}"
            )
        );
        var tooLong = EvaluationContext.For("u").Set("x", new string('x', Limits.RegexSteps)).Build();

        Assert.That(rules.Evaluate("f", tooLong).RuleId, Is.EqualTo("r1"));
    }

    [Test]
    public void An_answer_begins_with_all_that_is_the_same_for_everyone_who_gets_it()
    {
        var rules = Given.RuleSet(
            Given.Flag(
                "f",
                $"{{'state': 'on', 'variants': [{{'key': 'a', 'weight': 1, 'value': {{'é': [1]}}}}, {{'key': 'b', 'weight': 0}}], 'rules': [{Rule(1, "b", "{'attr': {'x': 1}}")}]}}"
            )
        );

        Assert.That(
            Head(Given.User()),
            Is.EqualTo(
                """{"flag_key":"f","variant":"a","value":{"é":[1]},"reason":"default_distribution","details":{"""
            )
        );
        Assert.That(
            Head(Given.User(attributes: "{'x': 1}")),
            Is.EqualTo(
                """{"flag_key":"f","variant":"b","value":null,"reason":"rule_match","rule_id":"r1","details":{"""
            )
        );

        string Head(EvaluationContext user) => Encoding.UTF8.GetString(rules.Evaluate("f", user).AnswerHead);
    }

    [Test]
    public void How_an_answer_begins_is_written_once_for_everyone_who_gets_it()
    {
        var rules = Given.RuleSet(Given.FlagWhen("{}"));

        var (ann, bob) = (rules.Evaluate("flag", Given.User("ann")), rules.Evaluate("flag", Given.User("bob")));

        Assert.That(ann.AnswerHead == bob.AnswerHead, "are the same bytes, not only equal ones");
    }

    [Test]
    public void Without_a_rule_that_holds_the_weights_decide_by_the_bucket()
    {
        var rules = Given.RuleSet(Given.Flag("f", $"{{'state': 'on', {Halves}}}"));

        foreach (var id in Enumerable.Range(0, 100).Select(i => $"user-{i}"))
        {
            var evaluation = rules.Evaluate("f", Given.User(id));
            var bucket = Bucketing.Bucket(Given.Tenant, "f", id);

            Assert.That(evaluation.Bucket, Is.EqualTo(bucket));
            Assert.That(
                (evaluation.Variant, evaluation.Reason),
                Is.EqualTo((bucket < 0.5 ? "a" : "b", Reason.DefaultDistribution))
            );
        }
    }

    [Test]
    public void Where_no_variant_has_a_value_the_answer_is_the_variants_key()
    {
        var rules = Given.RuleSet(Given.FlagWhen("{}"));

        Assert.That(rules.Evaluate("flag", Given.User()).Value?.GetString(), Is.EqualTo("on"));
    }

    [Test]
    public void Where_other_variants_have_values_one_without_answers_nothing()
    {
        var rules = Given.RuleSet(
            Given.Flag(
                "f",
                "{'state': 'on', 'variants': [{'key': 'a', 'weight': 1, 'value': null}, {'key': 'b', 'weight': 0, 'value': true}]}"
            )
        );

        Assert.That(rules.Evaluate("f", Given.User()).Value, Is.Null);
    }

    [TestCase("{}", "a", Reason.DefaultDistribution)]
    [TestCase("{'x': 1}", "b", Reason.RuleMatch)]
    public void One_positive_weight_or_a_rule_for_one_variant_needs_no_bucket_key(
        string attributes,
        string variant,
        Reason reason
    )
    {
        var rules = Given.RuleSet(
            Given.Flag(
                "f",
                $"{{'state': 'on', 'variants': [{{'key': 'a', 'weight': 5}}, {{'key': 'b', 'weight': 0}}], 'rules': [{Rule(1, "b", "{'attr': {'x': 1}}")}]}}"
            )
        );

        var evaluation = rules.Evaluate("f", Given.User(null, attributes));

        Assert.That(
            (evaluation.Variant, evaluation.Reason, evaluation.Bucket),
            Is.EqualTo((variant, reason, (double?)null))
        );
    }

    [Test]
    public void A_draw_without_a_bucket_key_is_an_error()
    {
        var rules = Given.RuleSet(Given.Flag("f", $"{{'state': 'on', {Halves}, 'off_variant': 'b'}}"));

        var evaluation = rules.Evaluate("f", Given.User(null));

        Assert.That((evaluation.Variant, evaluation.Reason), Is.EqualTo(("b", Reason.Error)));
        Assert.That(
            (evaluation.Error, evaluation.RuleId),
            Is.EqualTo((EvaluationErrors.BucketKeyMissing, (string?)null))
        );
    }

    [Test]
    public void A_flag_s_errors_are_told_apart()
    {
        var rules = Given.RuleSet(
            Given.Flag(
                "f",
                $"{{'state': 'on', {Halves}, 'rules': [{Rule(1, "a", "{'attr': {'x': {'matches': 'y'}}}")}]}}"
            )
        );
        var tooLong = EvaluationContext.For(null).Set("x", new string('x', Limits.RegexSteps)).Build();

        Assert.That(rules.Evaluate("f", Given.User(null)).Error, Is.EqualTo(EvaluationErrors.BucketKeyMissing));
        Assert.That(rules.Evaluate("f", tooLong).Error, Is.EqualTo(EvaluationErrors.RegexTimeout));
        Assert.That(rules.Evaluate("f", Given.User(null)).Error, Is.EqualTo(EvaluationErrors.BucketKeyMissing));
    }

    [Test]
    public void What_stands_behind_the_rule_that_decides_changes_neither_the_answer_nor_its_explanation()
    {
        var tooLong = EvaluationContext.For("user-1").Set("x", new string('x', Limits.RegexSteps)).Build();
        var rules = Given.RuleSet(
            Given.Flag(
                "f",
                $"{{'state': 'on', {Halves}, 'rules': [{Rule(1, "a", "{'attr': {'x': {'exists': true}}}")},"
                    + $"{Rule(2, "a", "{'attr': {'x': {'matches': 'y'}}}")}]}}"
            )
        );

        var explanation = rules.Find("f")!.Explain(tooLong);

        Assert.That(explanation.Error, Is.Null);
        Assert.That(explanation.RuleId, Is.EqualTo(rules.Evaluate("f", tooLong).RuleId).And.Not.Null);
        Assert.That(explanation.Rules[1].Holds, Is.False);
        Assert.That(explanation.Rules[1].Conditions.Single().Why, Does.StartWith("x is too long a text for matches"));
    }

    [TestCase("'id'", "user-1")]
    [TestCase("'company.id'", "7")]
    [TestCase("['device', 'company.id']", "7")]
    [TestCase("['flag', 'list', 'half', 'big', 'id']", "user-1")]
    [TestCase("'edge'", "9007199254740992")]
    [TestCase("'minus'", "-1")]
    [TestCase("'whole'", "3")]
    [TestCase("'empty'", "")]
    [TestCase("'big'", null)]
    [TestCase("'huge'", null)]
    [TestCase("'nothing'", null)]
    public void The_bucket_key_is_the_first_attribute_that_is_text_or_a_whole_number_within_2_to_the_53(
        string by,
        string? key
    )
    {
        const string Attributes = """
            {"company": {"id": 7}, "flag": true, "list": ["x"], "half": 0.5, "big": 9007199254740993, "huge": 1e300, "edge": 9007199254740992,
             "minus": -1, "whole": 3.0, "empty": "", "nothing": null}
            """;
        var rules = Given.RuleSet(Given.Flag("f", $"{{{Halves}, 'bucket_by': {by}, 'salt': 's'}}"));

        var evaluation = rules.Evaluate("f", Given.User(attributes: Attributes));

        Assert.That(
            evaluation.Bucket,
            Is.EqualTo(key is null ? (double?)null : Bucketing.Bucket(Given.Tenant, "s", key))
        );
        Assert.That(rules.Find("f")!.Explain(Given.User(attributes: Attributes)).BucketKey, Is.EqualTo(key));
    }

    [Test]
    public void Typed_attributes_bucket_as_their_json_does()
    {
        var rules = Given.RuleSet(Given.Flag("f", $"{{{Halves}, 'bucket_by': 'n'}}"));
        double? BucketOf(EvaluationContext.Builder user) => rules.Evaluate("f", user.Build()).Bucket;

        Assert.That(BucketOf(EvaluationContext.For(null).Set("n", 1L << 53)), Is.Not.Null);
        Assert.That(BucketOf(EvaluationContext.For(null).Set("n", (1L << 53) + 1)), Is.Null);
        Assert.That(BucketOf(EvaluationContext.For(null).Set("n", -(1L << 53) - 1)), Is.Null);
        Assert.That(BucketOf(EvaluationContext.For(null).Set("n", long.MinValue)), Is.Null);
        Assert.That(BucketOf(EvaluationContext.For(null).Set("n", double.NaN)), Is.Null);
        Assert.That(
            BucketOf(EvaluationContext.For(null).Set("n", 4.0)),
            Is.EqualTo(Bucketing.Bucket(Given.Tenant, "f", "4"))
        );
    }

    [Test]
    public void Typed_attributes_match_as_their_json_does()
    {
        var moment = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.FromHours(1));
        var user = EvaluationContext
            .For("user-1")
            .Set("text", "CA")
            .Set("nothing", (string?)null)
            .Set("whole", 3)
            .Set("real", 2.5)
            .Set("yes", true)
            .Set("since", moment)
            .Set("tags", ["a", "b"])
            .Set("sizes", [1.0, 2.0])
            .Set("company.plan", "pro")
            .Set("nested", Given.Json("{'deep': {'er': 1}}"))
            .Set("text2", "old")
            .Set("text2", "new")
            .Build();

        Assert.That(user.Id, Is.EqualTo("user-1"));
        Assert.That(
            Given.Holds(
                """
                {'attr': {'text': 'CA', 'nothing': {'exists': false}, 'whole': 3, 'real': {'gt': 2}, 'yes': true,
                 'since': {'after': '2026-01-31T10:59:59Z', 'before': '2026-01-31T11:00:01Z'}, 'tags': {'has_all': ['a', 'b']},
                 'sizes': {'has_any': [2]}, 'company.plan': 'pro', 'nested.deep.er': 1, 'text2': 'new'}}
                """,
                user
            )
        );
    }

    [Test]
    public void An_attribute_has_a_name() =>
        Assert.That(() => EvaluationContext.For("u").Set(null!, 1), Throws.ArgumentNullException);

    [TestCase("{'a.b': 1, 'a': {'b': 2}}", true)]
    [TestCase("{'a': {'b': 1}}", true)]
    [TestCase("{'a.b': null, 'a': {'b': 1}}", true)]
    [TestCase("{'a': {'b': 2}}", false)]
    [TestCase("{'a': 1}", false)]
    [TestCase("{'a': [{'b': 1}]}", false)]
    public void An_attribute_of_the_whole_dotted_name_goes_before_a_nested_one(string attributes, bool holds) =>
        Assert.That(Given.Holds("{'attr': {'a.b': 1}}", attributes), Is.EqualTo(holds));

    [TestCase("{'attr': {'id': 'user-1'}}", true)]
    [TestCase("{'attr': {'id.x': {'exists': true}}}", false)]
    [TestCase("{'attr': {'id': 'other'}}", false)]
    public void The_id_is_always_the_users_id(string condition, bool holds) =>
        Assert.That(Given.Holds(condition, "{'id': {'x': 'other'}}"), Is.EqualTo(holds));

    [Test]
    public void Without_a_user_id_the_id_is_missing() =>
        Assert.That(Given.Holds("{'attr': {'id': {'exists': false}}}", Given.User(null, "{'id': 'x'}")), Is.True);

    [Test]
    public void Attributes_that_are_no_object_are_none()
    {
        Assert.That(
            Given.Holds("{'attr': {'x': {'exists': false}}}", EvaluationContext.FromJson("u", Given.Json("[1]")))
        );
        Assert.That(Given.Holds("{'attr': {'x': {'exists': false}}}", EvaluationContext.FromJson("u", null)));
    }

    [Test]
    public void Attributes_nested_deeper_than_any_path_are_not_seen()
    {
        var deep = string.Concat(Enumerable.Repeat("{'n': ", 60)) + "1" + new string('}', 60);

        Assert.That(
            Given.Holds("{'attr': {'n.n.n': {'exists': true}, 'n.n.n.n.n.n.n.n.n.n': {'exists': true}}}", deep)
        );
        var (within, levels) = (Given.User(attributes: deep).Attributes, 0);
        while (within.Find("n", Attributes.HashOf("n")) is { Kind: ValueKind.Object } value)
            (within, levels) = (value.Object, levels + 1);
        Assert.That(levels, Is.EqualTo(Limits.PathParts));
    }

    [TestCase("{}", true)]
    [TestCase("{'not': {}}", false)]
    [TestCase("{'attr': {}}", true)]
    [TestCase("{'all': [{}, {'attr': {'x': 1}}]}", true)]
    [TestCase("{'all': [{}, {'attr': {'x': 2}}]}", false)]
    [TestCase("{'any': [{'attr': {'x': 2}}, {'attr': {'x': 1}}]}", true)]
    [TestCase("{'any': [{'attr': {'x': 2}}, {'attr': {'x': 3}}]}", false)]
    [TestCase("{'not': {'attr': {'x': 2}}}", true)]
    [TestCase("{'not': {'attr': {'country': 'CA'}}}", true)]
    [TestCase("{'attr': {'x': 1}, 'not': {'attr': {'x': 1}}}", false)]
    [TestCase("{'segment': 'unknown'}", false)]
    [TestCase("{'flag': {'key': 'unknown', 'variant': 'on'}}", false)]
    public void Conditions_combine(string condition, bool holds) =>
        Assert.That(Given.Holds(condition, "{'x': 1}"), Is.EqualTo(holds));

    [TestCase("out", false)]
    [TestCase("both", false)]
    [TestCase("in", true)]
    [TestCase("ca", true)]
    [TestCase("us", false)]
    public void Excluded_beats_included_beats_criteria(string id, bool isMember)
    {
        var segment = Given.Segment("beta", "{'attr': {'id': ['ca', 'out', 'both']}}") with
        {
            Included = MemberSet.Of(["in", "both"]),
            Excluded = MemberSet.Of(["out", "both"]),
        };

        Assert.That(Given.Holds("{'segment': 'beta'}", Given.User(id), segment), Is.EqualTo(isMember));
        Assert.That(Given.Holds("{'segment': ['unknown', 'beta']}", Given.User(id), segment), Is.EqualTo(isMember));
    }

    [Test]
    public void A_segment_without_criteria_has_only_who_is_included()
    {
        var segment = Given.Segment("beta") with { Included = MemberSet.Of(["in"]) };

        Assert.That(Given.Holds("{'segment': 'beta'}", Given.User("in"), segment), Is.True);
        Assert.That(Given.Holds("{'segment': 'beta'}", Given.User("out"), segment), Is.False);
        Assert.That(Given.Holds("{'segment': 'beta'}", Given.User(null), segment), Is.False);
    }

    [TestCase("off", "on", Reason.PrerequisiteFailed)]
    [TestCase("on", "on", Reason.DefaultDistribution)]
    [TestCase("on", "other", Reason.PrerequisiteFailed)]
    public void A_prerequisite_is_met_by_a_flag_that_is_on_and_gives_the_variant(
        string state,
        string variant,
        Reason reason
    )
    {
        var required = Given.Flag(
            "required",
            $"{{'state': '{state}', 'variants': [{{'key': 'on', 'weight': 1}}], 'off_variant': 'on'}}"
        );
        var rules = Given.RuleSet(required, Requiring("f", "required", variant));

        Assert.That(rules.Evaluate("f", Given.User()).Reason, Is.EqualTo(reason));
    }

    [Test]
    public void A_prerequisite_that_is_itself_unmet_in_error_or_unknown_is_not_met()
    {
        var rules = Given.RuleSet(
            Given.Flag("draws", $"{{'state': 'on', {Halves}}}"),
            Requiring("unmet", "unknown", "a"),
            Requiring("of-unmet", "unmet", "a"),
            Requiring("of-error", "draws", "a")
        );

        var anonymous = Given.User(null);
        Assert.That(rules.Evaluate("draws", anonymous).Reason, Is.EqualTo(Reason.Error));
        foreach (var key in new[] { "unmet", "of-unmet", "of-error" })
            Assert.That(rules.Evaluate(key, anonymous).Reason, Is.EqualTo(Reason.PrerequisiteFailed), key);
    }

    [Test]
    public void A_flag_condition_that_is_not_met_lets_the_next_rule_decide()
    {
        var rules = Given.RuleSet(
            Given.FlagWhen("{'attr': {'x': 1}}", "other"),
            Given.FlagWhen("{'flag': {'key': 'other', 'variant': ['on', 'blue']}}")
        );

        Assert.That(rules.Evaluate("flag", Given.User(attributes: "{'x': 1}")).Variant, Is.EqualTo("on"));
        Assert.That(rules.Evaluate("flag", Given.User(attributes: "{'x': 2}")).Variant, Is.EqualTo("off"));
    }

    [Test]
    public void A_flag_reached_again_within_its_own_evaluation_is_in_error_there()
    {
        // a asks b, which asks a: that a is in error, so b gives off, and so does a.
        var rules = Given.RuleSet(
            Given.FlagWhen("{'flag': {'key': 'b', 'variant': 'on'}}", "a"),
            Given.FlagWhen("{'flag': {'key': 'a', 'variant': ['on', 'off']}}", "b"),
            Requiring("self", "self", "a")
        );

        Assert.That(rules.Evaluate("a", Given.User()).Variant, Is.EqualTo("off"));
        Assert.That(rules.Evaluate("b", Given.User()).Variant, Is.EqualTo("on"));
        Assert.That(rules.Evaluate("self", Given.User()).Reason, Is.EqualTo(Reason.PrerequisiteFailed));
    }

    [Test]
    public void A_segment_reached_again_within_itself_has_no_members_there()
    {
        var segments = new[]
        {
            Given.Segment("a", "{'segment': 'b'}"),
            Given.Segment("b", "{'not': {'segment': 'a'}}"),
        };

        Assert.That(Given.Holds("{'segment': 'a'}", Given.User(), segments), Is.True);
        Assert.That(Given.Holds("{'segment': 'b'}", Given.User(), segments), Is.True);
    }

    [Test]
    public void A_gate_lets_its_share_through_by_the_gate_bucket()
    {
        var rules = Given.RuleSet(Given.FlagWhen("{'percentage': 30}"));

        foreach (var id in Enumerable.Range(0, 200).Select(i => $"user-{i}"))
        {
            var evaluation = rules.Evaluate("flag", Given.User(id));
            var gate = Bucketing.Bucket(Given.Tenant, "flag", "gate", id);

            Assert.That(evaluation.GateBucket, Is.EqualTo(gate));
            Assert.That(evaluation.Bucket, Is.EqualTo(Bucketing.Bucket(Given.Tenant, "flag", id)));
            Assert.That(evaluation.Variant, Is.EqualTo(gate < 0.3 ? "on" : "off"));
        }
    }

    [Test]
    public void A_gate_ends_before_the_bucket_that_is_its_percentage()
    {
        // Not every bucket survives being written as a percentage; this takes the first that does.
        var (id, bucket) = Enumerable
            .Range(0, 1_000)
            .Select(i => ($"user-{i}", Bucketing.Bucket(Given.Tenant, "flag", "gate", $"user-{i}")))
            .First(user => user.Item2 * 100 / 100 == user.Item2);

        Assert.That(Given.Holds(Percentage(bucket * 100), Given.User(id)), Is.False);
        Assert.That(Given.Holds(Percentage(Math.BitIncrement(bucket * 100)), Given.User(id)), Is.True);
    }

    [TestCase("{'percentage': 0}", false)]
    [TestCase("{'percentage': 100}", true)]
    [TestCase("{'percentage': 100, 'by': 'missing'}", false)]
    [TestCase("{'not': {'percentage': 100, 'by': 'missing'}}", true)]
    [TestCase("{'percentage': 100, 'by': ['missing', 'id']}", true)]
    public void A_gate_ends_at_nobody_and_everybody_who_has_a_bucket_key(string condition, bool holds) =>
        Assert.That(Given.Holds(condition, Given.User()), Is.EqualTo(holds));

    [TestCase("{'percentage': 50, 'salt': 'wave'}", "flag", "gate", "wave", "user-1")]
    [TestCase("{'percentage': 50, 'by': 'company'}", "flag", "gate", "acme")]
    [TestCase("{'percentage': 50, 'by': 'company', 'salt': 'wave'}", "flag", "gate", "wave", "acme")]
    public void A_gate_with_a_salt_or_an_attribute_of_its_own_draws_for_itself(string condition, params string[] parts)
    {
        var rules = Given.RuleSet(Given.FlagWhen(condition));

        var evaluation = rules.Evaluate("flag", Given.User(attributes: "{'company': 'acme'}"));

        Assert.That(evaluation.Variant == "on", Is.EqualTo(Bucketing.Bucket([Given.Tenant, .. parts]) < 0.5));
        Assert.That(evaluation.GateBucket, Is.Null);
    }

    [TestCase("{'percentage': 50}", "segment:beta", "gate")]
    [TestCase("{'percentage': 50, 'salt': 'wave'}", "segment:beta", "gate", "wave")]
    public void A_gate_in_a_segment_draws_by_id_for_the_segment(string criteria, params string[] parts)
    {
        var flag = Given.Flag(
            "f",
            $"{{'state': 'on', 'bucket_by': 'device', {Halves}, 'rules': [{Rule(1, "a", "{'segment': 'beta'}")}]}}"
        );
        var rules = Given.RuleSet([flag], Given.Segment("beta", criteria));

        foreach (var id in Enumerable.Range(0, 50).Select(i => $"user-{i}"))
        {
            var evaluation = rules.Evaluate("f", Given.User(id, "{'device': 'd'}"));
            var isMember = Bucketing.Bucket([Given.Tenant, .. parts, id]) < 0.5;

            Assert.That(evaluation.Reason, Is.EqualTo(isMember ? Reason.RuleMatch : Reason.DefaultDistribution));
            Assert.That(evaluation.GateBucket, Is.Null);
        }
    }

    [Test]
    public void Ramping_a_percentage_up_keeps_everyone_who_was_in() =>
        Gen.Select(Gen.Double[0, 100], Gen.Double[0, 100], Gen.String)
            .Sample(
                (one, other, id) =>
                {
                    var user = EvaluationContext.FromJson(id, null);
                    var early = Given.Holds(Percentage(Math.Min(one, other)), user);
                    return !early || Given.Holds(Percentage(Math.Max(one, other)), user);
                },
                iter: 2_000
            );

    [Test]
    public void The_same_salt_keeps_users_where_they_are_and_another_moves_them()
    {
        var rules = Given.RuleSet(
            Given.Flag("f", $"{{{Halves}}}"),
            Given.Flag("copy", $"{{{Halves}, 'salt': 'f'}}"),
            Given.Flag("shuffled", $"{{{Halves}, 'salt': 'x'}}")
        );
        double? BucketIn(string key) => rules.Evaluate(key, Given.User()).Bucket;

        Assert.That(BucketIn("copy"), Is.EqualTo(BucketIn("f")));
        Assert.That(BucketIn("shuffled"), Is.Not.EqualTo(BucketIn("f")));
    }

    private static string Rule(int order, string variant, string when = "{}") =>
        $"{{'id': 'r{order}', 'order': {order}, 'when': {when}, 'rollout': {{'variant': '{variant}'}}}}";

    private static string Percentage(double percentage) =>
        FormattableString.Invariant($"{{'percentage': {percentage:R}}}");

    private static FlagDefinition Requiring(string key, string required, string variant) =>
        Given.Flag(
            key,
            $"{{'state': 'on', 'variants': [{{'key': 'a', 'weight': 1}}], 'prerequisites': [{{'key': '{required}', 'variant': '{variant}'}}]}}"
        );
}
