using CsCheck;
using FeatureFlags.Rules;

namespace FeatureFlags.UnitTests.Rules;

public sealed class RuleSetTests
{
    [Test]
    public void Flags_are_in_ordinal_order_of_their_keys()
    {
        var rules = Given.RuleSet(Given.FlagWhen("{}", "b"), Given.FlagWhen("{}", "B"), Given.FlagWhen("{}", "a"));

        Assert.That(rules.Flags.Select(flag => flag.Key), Is.EqualTo(new[] { "B", "a", "b" }));
        Assert.That(rules.Tenant, Is.EqualTo(Given.Tenant));
    }

    [Test]
    public void A_segment_is_found_by_its_key()
    {
        var segment = Given.Segment("s");

        Assert.That(Given.RuleSet([], segment).FindSegment("s"), Is.SameAs(segment));
        Assert.That(Given.RuleSet([], segment).FindSegment("t"), Is.Null);
    }

    [Test]
    public void A_change_gives_a_new_rule_set_and_leaves_the_old_one_as_it_was()
    {
        var before = Given.RuleSet(Given.FlagWhen("{}", "f") with { Version = 1 });

        var after = before.With(
            new RuleSetChange { Flags = [Given.FlagWhen("{'not': {}}", "f") with { Version = 2 }] }
        );

        Assert.That(before.Evaluate("f", Given.User()).Variant, Is.EqualTo("on"));
        Assert.That(after.Evaluate("f", Given.User()).Variant, Is.EqualTo("off"));
        Assert.That((before.Find("f")!.Version, after.Find("f")!.Version), Is.EqualTo((1L, 2L)));
    }

    [Test]
    public void Only_what_changed_and_what_depends_on_it_is_compiled_again()
    {
        var before = Given.RuleSet(
            [
                Given.FlagWhen("{'segment': 'outer'}", "uses-outer"),
                Given.FlagWhen("{'flag': {'key': 'uses-outer', 'variant': 'on'}}", "uses-flag"),
                Given.FlagWhen("{'segment': 'other'}", "uses-other"),
                Given.FlagWhen("{}", "alone"),
            ],
            Given.Segment("inner", "{'attr': {'x': 1}}"),
            Given.Segment("outer", "{'segment': 'inner'}"),
            Given.Segment("other", "{'attr': {'x': 1}}")
        );

        var after = before.With(new RuleSetChange { Segments = [Given.Segment("inner", "{'attr': {'x': 2}}")] });

        var compiledAgain = after.Flags.Where(flag => before.Find(flag.Key) != flag).Select(flag => flag.Key);
        Assert.That(compiledAgain, Is.EqualTo(new[] { "uses-flag", "uses-outer" }));
        foreach (var key in new[] { "uses-outer", "uses-flag" })
        {
            Assert.That(after.Evaluate(key, Given.User(attributes: "{'x': 1}")).Variant, Is.EqualTo("off"));
            Assert.That(after.Evaluate(key, Given.User(attributes: "{'x': 2}")).Variant, Is.EqualTo("on"));
        }
    }

    [TestCase("a flag is changed", "a b c d e")]
    [TestCase("a segment is changed", "b c d e f")]
    [TestCase("a flag is removed", "b c d e")]
    [TestCase("a segment is removed", "b c d e f")]
    [TestCase("a flag is added", "g new")]
    [TestCase("a segment is added", "g h")]
    public void Dependents_through_any_number_of_steps_are_compiled_anew_and_all_others_are_shared(
        string change,
        string compiled
    )
    {
        var before = Given.RuleSet(
            [
                Given.FlagWhen("{}", "a"),
                Given.Flag(
                    "b",
                    "{'state': 'on', 'variants': [{'key': 'on', 'weight': 1}], 'prerequisites': [{'key': 'a', 'variant': 'on'}], 'rules': [{'id': 'r', 'order': 1, 'when': {'segment': 's'}, 'rollout': {'variant': 'on'}}]}"
                ),
                Given.FlagWhen("{'segment': 'by-b'}", "c"),
                Given.FlagWhen("{'not': {'any': [{'flag': {'key': 'c', 'variant': 'on'}}]}}", "d"),
                Given.FlagWhen("{'all': [{'flag': {'key': 'e', 'variant': 'on'}}, {'segment': 'by-d'}]}", "e"),
                Given.FlagWhen("{'segment': ['other', 's']}", "f"),
                Given.FlagWhen("{'flag': {'key': 'new', 'variant': 'on'}, 'segment': 'new'}", "g"),
                Given.FlagWhen("{'segment': 'new'}", "h"),
                Given.FlagWhen("{'segment': 'other'}", "i"),
            ],
            Given.Segment("s"),
            Given.Segment("by-b", "{'flag': {'key': 'b', 'variant': 'on'}}"),
            Given.Segment("by-d", "{'flag': {'key': 'd', 'variant': 'on'}}"),
            Given.Segment("other")
        );

        var after = before.With(
            change switch
            {
                "a flag is changed" => new RuleSetChange { Flags = [Given.FlagWhen("{'not': {}}", "a")] },
                "a segment is changed" => new RuleSetChange { Segments = [Given.Segment("s", "{}")] },
                "a flag is removed" => new RuleSetChange { RemovedFlags = ["a"] },
                "a segment is removed" => new RuleSetChange { RemovedSegments = ["s"] },
                "a flag is added" => new RuleSetChange { Flags = [Given.FlagWhen("{}", "new")] },
                _ => new RuleSetChange { Segments = [Given.Segment("new", "{}")] },
            }
        );

        Assert.That(
            string.Join(' ', after.Flags.Where(flag => before.Find(flag.Key) != flag).Select(flag => flag.Key)),
            Is.EqualTo(compiled)
        );
    }

    [Test]
    public void What_is_removed_is_unknown_to_those_who_refer_to_it_until_it_is_back()
    {
        var flags = new[]
        {
            Given.FlagWhen("{'segment': 's', 'flag': {'key': 'other', 'variant': 'on'}}"),
            Given.FlagWhen("{}", "other"),
        };
        var all = Given.RuleSet(flags, Given.Segment("s", "{}"));

        var without = all.With(new RuleSetChange { RemovedFlags = ["other", "never-was"], RemovedSegments = ["s"] });
        var again = without.With(new RuleSetChange { Flags = [flags[1]], Segments = [Given.Segment("s", "{}")] });

        Assert.That(all.Evaluate("flag", Given.User()).Variant, Is.EqualTo("on"));
        Assert.That(without.Evaluate("flag", Given.User()).Variant, Is.EqualTo("off"));
        Assert.That(without.Find("other"), Is.Null);
        Assert.That(again.Evaluate("flag", Given.User()).Variant, Is.EqualTo("on"));
    }

    [Test]
    public void Changes_in_any_steps_come_to_the_same_as_all_at_once()
    {
        FlagDefinition[] flags =
        [
            Given.FlagWhen("{'flag': {'key': 'b', 'variant': 'on'}}", "a"),
            Given.FlagWhen("{'segment': 's'}", "b"),
            Given.FlagWhen("{'flag': {'key': 'a', 'variant': 'on'}}", "c"),
        ];
        var segment = Given.Segment("s", "{'attr': {'x': 1}}");
        var atOnce = Given.RuleSet(flags, segment);
        var stepwise = RuleSet.Empty(Given.Tenant);
        foreach (var flag in flags)
            stepwise = stepwise.With(new RuleSetChange { Flags = [flag] });
        stepwise = stepwise.With(new RuleSetChange { Segments = [segment] });

        foreach (var user in new[] { Given.User(attributes: "{'x': 1}"), Given.User() })
        {
            foreach (var flag in atOnce.Flags)
                Assert.That(stepwise.Evaluate(flag.Key, user).Variant, Is.EqualTo(flag.Evaluate(user).Variant));
        }
    }

    [Test]
    public void Through_any_changes_it_is_what_all_that_is_left_comes_to_at_once() =>
        Gen.Select(Gen.Int[0, 7], Gen.Int[0, 7], Gen.Int[0, 7], Gen.Int[0, 3])
            .Array[1, 40]
            .Sample(
                changes =>
                {
                    var flags = new SortedDictionary<string, FlagDefinition>(StringComparer.Ordinal);
                    var segments = new Dictionary<string, SegmentDefinition>(StringComparer.Ordinal);
                    var rules = RuleSet.Empty(Given.Tenant);
                    foreach (var (key, asked, used, kind) in changes)
                    {
                        var flag = Given.FlagWhen(
                            $"{{'any': [{{'flag': {{'key': 'f{asked}', 'variant': 'on'}}}}, {{'segment': 's{used}'}}]}}",
                            $"f{key}"
                        );
                        var segment = Given.Segment($"s{key}", used < 2 ? "{}" : $"{{'segment': 's{used}'}}");
                        switch (kind)
                        {
                            case 0:
                                flags[flag.Key] = flag;
                                rules = rules.With(new RuleSetChange { Flags = [flag] });
                                break;
                            case 1:
                                segments[segment.Key] = segment;
                                rules = rules.With(new RuleSetChange { Segments = [segment] });
                                break;
                            case 2:
                                flags.Remove(flag.Key);
                                rules = rules.With(new RuleSetChange { RemovedFlags = [flag.Key] });
                                break;
                            default:
                                segments.Remove(segment.Key);
                                rules = rules.With(new RuleSetChange { RemovedSegments = [segment.Key] });
                                break;
                        }

                        var atOnce = Given.RuleSet([.. flags.Values], [.. segments.Values]);
                        if (!rules.Flags.Select(f => f.Key).SequenceEqual(flags.Keys))
                            return false;
                        if (rules.Flags.Any(f => rules.Find(f.Key) != f))
                            return false;
                        if (flags.Keys.Any(f => Answer(rules, f) != Answer(atOnce, f)))
                            return false;
                    }
                    return true;

                    static string Answer(RuleSet rules, string key) => rules.Evaluate(key, Given.User()).Variant;
                },
                iter: 1_000
            );

    [Test]
    public void A_flag_that_cant_be_read_any_more_answers_its_off_variant_with_an_error()
    {
        var broken = FlagDefinition.Restore("f", 3, Given.Json("{'off_variant': 'control', 'variants': 5}"));
        var shapeless = FlagDefinition.Restore("g", 4, Given.Json("[]"));
        var rules = Given.RuleSet(broken, shapeless, Given.FlagWhen("{'flag': {'key': 'f', 'variant': 'control'}}"));

        var evaluation = rules.Evaluate("f", Given.User());

        Assert.That(
            (evaluation.Variant, evaluation.Reason, evaluation.Error),
            Is.EqualTo(("control", Reason.Error, EvaluationErrors.DefinitionUnreadable))
        );
        Assert.That(evaluation.Bucket, Is.Null);
        Assert.That(rules.Find("f")!.Definition.Error, Does.Contain("variants"));
        Assert.That(rules.Find("f")!.Version, Is.EqualTo(3));
        var shapelessAnswer = rules.Evaluate("g", Given.User());
        Assert.That((shapelessAnswer.Variant, shapelessAnswer.Reason), Is.EqualTo(("", Reason.Error)));
        Assert.That(rules.Evaluate("flag", Given.User()).Variant, Is.EqualTo("off"), "a flag that asks it is not met");
        Assert.That(rules.Find("f")!.Explain(Given.User()).Reason, Is.EqualTo(Reason.Error));
    }

    [Test]
    public void Why_a_definition_can_t_be_read_is_told_by_its_first_three_problems()
    {
        var flag = FlagDefinition.Restore(
            "f",
            1,
            Given.Json("{'state': 1, 'hashing': 1, 'variants': 1, 'salt': 1, 'rules': 1}")
        );

        Assert.That(
            flag.Error,
            Is.EqualTo(
                "state: must be text, not a number; hashing: must be text, not a number; variants: must be an array, not a number"
            )
        );
    }

    [Test]
    public void A_segment_that_cant_be_read_any_more_is_an_error_of_every_flag_that_uses_it()
    {
        var rules = Given.RuleSet(
            [
                Given.FlagWhen("{'not': {'segment': 'outer'}}"),
                Given.FlagWhen("{'flag': {'key': 'flag', 'variant': 'on'}}", "asks"),
            ],
            Given.Segment("outer", "{'any': [{'segment': 'broken'}, {}]}"),
            SegmentDefinition.Restore("broken", 1, Given.Json("{'criteria': {'attr': {'x': {'no_such': 1}}}}"))
        );

        Assert.That(rules.Evaluate("flag", Given.User()).Error, Is.EqualTo(EvaluationErrors.DefinitionUnreadable));
        Assert.That(rules.Evaluate("asks", Given.User()).Reason, Is.EqualTo(Reason.DefaultDistribution));
    }

    [Test]
    public void Two_segments_that_cant_be_read_are_an_error_no_less_than_one()
    {
        var unreadable = Given.Json("{'criteria': 5}");
        var rules = Given.RuleSet(
            [Given.FlagWhen("{'segment': ['one', 'other']}")],
            SegmentDefinition.Restore("one", 1, unreadable),
            SegmentDefinition.Restore("other", 1, unreadable)
        );

        Assert.That(rules.Evaluate("flag", Given.User()).Error, Is.EqualTo(EvaluationErrors.DefinitionUnreadable));
    }

    [Test]
    public void What_was_restored_answers_as_what_was_read()
    {
        const string Body = "{'state': 'on', 'variants': [{'key': 'a', 'weight': 1}], 'name': 'not its business'}";

        var flag = FlagDefinition.Restore("f", 7, Given.Json(Body));
        var segment = SegmentDefinition.Restore("s", 8, Given.Json("{'criteria': {}, 'name': 'x'}"));

        Assert.That((flag.Error, flag.Version), Is.EqualTo(((string?)null, 7L)));
        Assert.That((segment.Error, segment.Version), Is.EqualTo(((string?)null, 8L)));
        Assert.That(SegmentDefinition.Restore("s", 1, Given.Json("5")).Error, Is.Not.Null);
    }

    [Test]
    public void A_chain_of_references_beyond_the_limit_is_an_error_at_its_head()
    {
        var chain = Enumerable
            .Range(0, Limits.ReferenceDepth + 1)
            .Select(i =>
                i == 0
                    ? Given.FlagWhen("{}", "f0")
                    : Given.FlagWhen($"{{'flag': {{'key': 'f{i - 1}', 'variant': 'on'}}}}", $"f{i}")
            );
        var rules = Given.RuleSet([.. chain]);

        Assert.That(rules.Evaluate($"f{Limits.ReferenceDepth - 1}", Given.User()).Variant, Is.EqualTo("on"));
        var head = rules.Evaluate($"f{Limits.ReferenceDepth}", Given.User());
        Assert.That((head.Reason, head.Error), Is.EqualTo((Reason.Error, EvaluationErrors.ReferencesTooDeep)));
    }

    [Test]
    public void References_that_double_with_each_step_are_an_error_long_before_they_take_for_ever()
    {
        var flags = Enumerable
            .Range(0, 40)
            .Select(i =>
                i == 0
                    ? Given.FlagWhen("{'not': {}}", "f0")
                    : Given.FlagWhen(
                        $"{{'any': [{{'flag': {{'key': 'f{i - 1}', 'variant': 'on'}}}}, {{'flag': {{'key': 'f{i - 1}', 'variant': 'on'}}}}]}}",
                        $"f{i}"
                    )
            );
        var rules = Given.RuleSet([.. flags]);

        Assert.That(rules.Evaluate("f10", Given.User()).Reason, Is.EqualTo(Reason.DefaultDistribution));
        Assert.That(rules.Evaluate("f39", Given.User()).Error, Is.EqualTo(EvaluationErrors.ReferencesTooDeep));
        Assert.That(rules.Find("f12")!.Explain(Given.User()).Reason, Is.EqualTo(Reason.DefaultDistribution));
    }

    [TestCase(Limits.ReferenceDepth, "on")]
    [TestCase(Limits.ReferenceDepth + 1, "off")]
    public void A_cycle_is_followed_as_deep_as_the_limit_and_no_deeper(int flags, string variant)
    {
        // Each asks the next, and the last gives on before it asks the first.
        var asks = Enumerable
            .Range(1, flags - 1)
            .Select(next => Given.FlagWhen(Asking($"f{next}"), $"f{next - 1}"))
            .Append(Given.FlagWhen($"{{'any': [{{}}, {Asking("f0")}]}}", $"f{flags - 1}"));
        var rules = Given.RuleSet([.. asks]);

        Assert.That(rules.Evaluate("f0", Given.User()).Variant, Is.EqualTo(variant));
    }

    [Test]
    public void An_evaluation_visits_as_many_flags_as_the_limit_and_no_more([Values] bool inACycle)
    {
        // "half" visits itself and as many flags that don't give what it asks for as make it half of the limit, less 1.
        var on = inACycle ? $"{{'any': [{{}}, {Asking("at")}, {Asking("beyond")}]}}" : "{}";
        var others = Enumerable.Repeat(Asking("on", "blue"), Limits.ReferenceVisits / 2 - 2);
        var rules = Given.RuleSet(
            Given.FlagWhen(on, "on"),
            Given.FlagWhen($"{{'any': [{string.Join(", ", others)}]}}", "half"),
            Given.FlagWhen($"{{'any': [{Asking("half")}, {Asking("half")}, {Asking("on")}]}}", "at"),
            Given.FlagWhen(
                $"{{'any': [{Asking("half")}, {Asking("half")}, {Asking("on", "blue")}, {Asking("on")}]}}",
                "beyond"
            )
        );

        Assert.That(rules.Evaluate("at", Given.User()).Variant, Is.EqualTo("on"));
        Assert.That(rules.Evaluate("beyond", Given.User()).Variant, Is.EqualTo("off"));
    }

    [Test]
    public void Flags_that_all_ask_each_other_still_answer()
    {
        // There are 17,000,000,000 ways through fourteen flags, each of which asks the others.
        var keys = Enumerable.Range(0, 14).Select(i => $"f{i}").ToArray();
        var asks = string.Join(", ", keys.Select(key => $"{{'flag': {{'key': '{key}', 'variant': 'on'}}}}"));
        var rules = Given.RuleSet([.. keys.Select(key => Given.FlagWhen($"{{'any': [{asks}]}}", key))]);

        Assert.That(rules.Evaluate("f0", Given.User()).Variant, Is.EqualTo("off"));
        Assert.That(rules.Find("f0")!.Explain(Given.User()).Variant, Is.EqualTo("off"));
    }

    [Test]
    public void Ten_thousand_flags_in_one_chain_are_compiled_without_running_out_of_stack()
    {
        var flags = Enumerable
            .Range(0, 10_000)
            .Select(i => Given.FlagWhen($"{{'flag': {{'key': 'f{(i + 1) % 10_000}', 'variant': 'on'}}}}", $"f{i}"));
        var cycle = Given.RuleSet([.. flags]);

        var chain = cycle.With(new RuleSetChange { RemovedFlags = ["f9999"] });

        Assert.That(cycle.Evaluate("f0", Given.User()).Variant, Is.EqualTo("off"));
        Assert.That(chain.Evaluate("f0", Given.User()).Error, Is.EqualTo(EvaluationErrors.ReferencesTooDeep));
        Assert.That(chain.Evaluate("f9998", Given.User()).Reason, Is.EqualTo(Reason.DefaultDistribution));
    }

    private static string Asking(string key, string variant = "on") =>
        $"{{'flag': {{'key': '{key}', 'variant': '{variant}'}}}}";
}
