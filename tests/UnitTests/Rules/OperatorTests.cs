using System.Text.Json;
using System.Text.RegularExpressions;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Operands;

namespace FeatureFlags.UnitTests.Rules;

public sealed class OperatorTests
{
    private static IEnumerable<TestCaseData> Examples =>
        from known in Operators.All
        from example in known.Examples
        select new TestCaseData<Example>(example).SetArgDisplayNames(
            $"{known.Name}: {example.Attribute} {example.Matcher}"
        );

    [TestCaseSource(nameof(Examples))]
    public void An_example_of_the_table_is_true(Example example)
    {
        var attributes = example.Attribute is null ? "{}" : $"{{'x': {example.Attribute}}}";

        Assert.That(Given.Holds($"{{'attr': {{'x': {example.Matcher}}}}}", attributes), Is.EqualTo(example.Holds));
    }

    [Test]
    public void Every_operator_has_a_name_of_its_own_and_an_example_of_each_outcome()
    {
        Assert.That(Operators.All.Select(o => o.Name), Is.Unique);
        foreach (var known in Operators.All)
        {
            Assert.That(Operators.Find(known.Name), Is.SameAs(known));
            Assert.That(known.Examples.Select(e => e.Holds).Distinct().Count(), Is.EqualTo(2), known.Name);
            Assert.That(known.Examples, Has.All.Matches<Example>(e => e.Matcher.Contains(known.Name)), known.Name);
        }
    }

    [Test]
    public void A_missing_attribute_holds_for_no_operator_but_exists([ValueSource(nameof(Negated))] string name)
    {
        var matcher = Operators.Find(name)!.Examples[0].Matcher;

        Assert.That(Given.Holds($"{{'attr': {{'missing': {matcher}}}}}", "{}"), Is.False);
        Assert.That(Given.Holds($"{{'attr': {{'missing': {matcher}}}}}", "{'missing': null}"), Is.False);
        Assert.That(Given.Holds($"{{'not': {{'attr': {{'missing': {matcher}}}}}}}", "{}"), Is.True);
    }

    // Of numbers, times, versions and sizes: what is less than the operand, the same, and more.
    [TestCase("gt", "no no yes")]
    [TestCase("gte", "no yes yes")]
    [TestCase("lt", "yes no no")]
    [TestCase("lte", "yes yes no")]
    [TestCase("before", "yes no no")]
    [TestCase("after", "no no yes")]
    [TestCase("semver_gt", "no no yes")]
    [TestCase("semver_gte", "no yes yes")]
    [TestCase("semver_lt", "yes no no")]
    [TestCase("semver_lte", "yes yes no")]
    [TestCase("size_eq", "no yes no")]
    [TestCase("size_gt", "no no yes")]
    [TestCase("size_lt", "yes no no")]
    public void An_operator_of_order_knows_less_from_equal_from_more(string name, string holds)
    {
        var (operand, values) = Operators.Find(name)!.Family switch
        {
            Family.Time => ("'2026-01-02'", new[] { "'2026-01-01'", "'2026-01-02'", "'2026-01-03'" }),
            Family.Version => ("'2.0.0'", ["'1.0.0'", "'2.0.0'", "'3.0.0'"]),
            Family.List => ("2", ["[0]", "[0, 0]", "[0, 0, 0]"]),
            _ => ("2", ["1", "2", "3"]),
        };

        Assert.That(
            values.Select(value =>
                Given.Holds($"{{'attr': {{'x': {{'{name}': {operand}}}}}}}", $"{{'x': {value}}}") ? "yes" : "no"
            ),
            Is.EqualTo(holds.Split(' '))
        );
    }

    [Test]
    public void A_value_of_the_wrong_type_holds_for_no_operator_of_a_type(
        [ValueSource(nameof(OfAType))] string name,
        [Values("true", "{}")] string value
    )
    {
        var rules = Given.RuleSet(Given.FlagWhen($"{{'attr': {{'x': {Operators.Find(name)!.Examples[0].Matcher}}}}}"));

        var condition = rules
            .Find("flag")!
            .Explain(Given.User(attributes: $"{{'x': {value}}}"))
            .Rules.Single()
            .Conditions[0];

        Assert.That(condition.Holds, Is.False);
        Assert.That(condition.Why, Does.EndWith($"which is nothing that {condition.Operator} compares"));
    }

    private static IEnumerable<string> OfAType => Operators.All.Where(o => o.Family != Family.Any).Select(o => o.Name);

    private static IEnumerable<string> Negated => Operators.All.Where(o => o.IsNegated).Select(o => o.Name);

    [TestCase("'CA'", "'CA'", true)]
    [TestCase("'ca'", "'CA'", false)]
    [TestCase("'CA'", "['CA', 'US']", true)]
    [TestCase("1", "1", true)]
    [TestCase("1", "'1'", false)]
    [TestCase("true", "true", true)]
    [TestCase("false", "true", false)]
    [TestCase("['a', 1]", "[1, 2]", true)]
    public void A_scalar_is_short_for_eq_and_a_list_for_in(string attribute, string matcher, bool holds) =>
        Assert.That(Given.Holds($"{{'attr': {{'x': {matcher}}}}}", $"{{'x': {attribute}}}"), Is.EqualTo(holds));

    // Each operator asks the elements by itself: one element need not satisfy both.
    [TestCase("[1, 4]", "{'gte': 3, 'lt': 2}", true)]
    [TestCase("[1, 4]", "{'gte': 5, 'lt': 2}", false)]
    [TestCase("['a', 5]", "{'not_contains': 'x'}", true)]
    [TestCase("[5]", "{'not_contains': 'x'}", true)]
    [TestCase("[]", "{'neq': 'x'}", true)]
    [TestCase("[]", "{'eq': 'x'}", false)]
    [TestCase("[['x']]", "{'eq': 'x'}", false)]
    [TestCase("[null, {'y': 1}]", "{'neq': 'x'}", true)]
    [TestCase("['1.0.0', 'x']", "{'semver_neq': '2.0.0'}", true)]
    public void On_a_list_an_operator_holds_for_any_element_and_its_negation_for_none(
        string attribute,
        string matcher,
        bool holds
    ) => Assert.That(Given.Holds($"{{'attr': {{'x': {matcher}}}}}", $"{{'x': {attribute}}}"), Is.EqualTo(holds));

    [TestCase("6", "{'in': [1, 2, 3, 4, 5, 6]}", true)]
    [TestCase("7", "{'in': [1, 2, 3, 4, 5, 6]}", false)]
    [TestCase("'f'", "{'in': ['a', 'b', 'c', 'd', 'e', 'f']}", true)]
    [TestCase("'g'", "{'in': ['a', 'b', 'c', 'd', 'e', 'f']}", false)]
    [TestCase("'F'", "{'in': ['a', 'b', 'c', 'd', 'e', 'f']}", false)]
    [TestCase("['a']", "{'has_all': [0]}", false)]
    [TestCase("[0]", "{'has_all': [false]}", false)]
    [TestCase("[false]", "{'has_all': [0]}", false)]
    [TestCase("[1]", "{'has_all': [true]}", false)]
    [TestCase("[false]", "{'has_all': [false]}", true)]
    [TestCase("['1', true]", "{'has_all': ['1', 1]}", false)]
    [TestCase("['a', 1]", "{'has_any': ['b', '1']}", false)]
    public void A_value_is_in_a_list_of_any_length_by_its_type_too(string attribute, string matcher, bool holds) =>
        Assert.That(Given.Holds($"{{'attr': {{'x': {matcher}}}}}", $"{{'x': {attribute}}}"), Is.EqualTo(holds));

    [TestCase("'a BUILD'", "{'matches': 'build'}", false)]
    [TestCase("'ＡＢＣ'", "{'eq': 'ａｂｃ', 'ignore_case': true}", true)]
    [TestCase("'İ'", "{'eq': 'i', 'ignore_case': true}", false)]
    [TestCase("'ß'", "{'eq': 'SS', 'ignore_case': true}", false)]
    [TestCase("['A', 'B']", "{'has_all': ['a', 'b'], 'ignore_case': true}", true)]
    [TestCase("[true, 2]", "{'has_all': [true, 2.0]}", true)]
    [TestCase("[true, 2]", "{'has_all': [true, false]}", false)]
    [TestCase("[true, 2]", "{'has_all': [3]}", false)]
    [TestCase("[1, false]", "{'has_any': [true, '1', false]}", true)]
    public void Text_is_compared_without_regard_to_case_only_where_asked_for(
        string attribute,
        string matcher,
        bool holds
    ) => Assert.That(Given.Holds($"{{'attr': {{'x': {matcher}}}}}", $"{{'x': {attribute}}}"), Is.EqualTo(holds));

    [TestCase("'12.50'", true)]
    [TestCase("'007'", true)]
    [TestCase("'-1'", false)]
    [TestCase("'1e3'", false)]
    [TestCase("' 7'", false)]
    [TestCase("'+7'", false)]
    [TestCase("'7.'", false)]
    [TestCase("'.7'", false)]
    [TestCase("'-'", false)]
    [TestCase("''", false)]
    [TestCase("'٧'", false)]
    [TestCase("7", true)]
    public void Numeric_also_reads_text_that_is_a_plain_decimal_number(string attribute, bool holds) =>
        Assert.That(
            Given.Holds("{'attr': {'x': {'gt': 0, 'numeric': true}}}", $"{{'x': {attribute}}}"),
            Is.EqualTo(holds)
        );

    [TestCase("'-1'", true)]
    [TestCase("'-0.5'", true)]
    [TestCase("'--1'", false)]
    [TestCase("'1'", false)]
    public void Numeric_reads_one_minus_sign(string attribute, bool holds) =>
        Assert.That(
            Given.Holds("{'attr': {'x': {'lt': 0, 'numeric': true}}}", $"{{'x': {attribute}}}"),
            Is.EqualTo(holds)
        );

    [Test]
    public void Numeric_leaves_equality_strict() =>
        Assert.That(Given.Holds("{'attr': {'x': {'gte': 1, 'neq': 1, 'numeric': true}}}", "{'x': '1'}"), Is.True);

    [TestCase(@"^build-\d+$", 100_000)]
    [TestCase("(.*a.{30})+$", 940)]
    public void A_text_too_long_for_its_pattern_is_an_error_of_the_flag(string pattern, int length)
    {
        var rules = Given.RuleSet(
            Given.FlagWhen($"{{'attr': {{'x': {{'matches': {JsonSerializer.Serialize(pattern)}}}}}}}")
        );

        Assert.That(rules.Evaluate("flag", Having(length)).Error, Is.Null);
        var tooLong = Having((int)(Limits.RegexSteps / PatternSize.Of(pattern)) + 1);
        var evaluation = rules.Evaluate("flag", tooLong);
        Assert.That((evaluation.Reason, evaluation.Error), Is.EqualTo((Reason.Error, EvaluationErrors.RegexTimeout)));
        Assert.That(evaluation.Variant, Is.EqualTo("off"));
        Assert.That(rules.Find("flag")!.Explain(tooLong).Error, Is.EqualTo(EvaluationErrors.RegexTimeout));

        static EvaluationContext Having(int length) =>
            EvaluationContext.For("user-1").Set("x", new string('x', length)).Build();
    }

    [TestCase("", 1)]
    [TestCase("^abc$", 4)]
    [TestCase(@"^\d{4}-\d{2}$", 8)]
    [TestCase(@"[]a-z\]]+\p{Lu}?a{2,}", 5)]
    [TestCase("[a-z-[aeiou]]{3}", 4)]
    [TestCase("a|bc|d{,3}{", 10)]
    [TestCase("(?<year>ab)(?i:cd)(?i)e", 6)]
    [TestCase("(?:ab)?(cd)", 5)]
    [TestCase("(x(?i)ab)+", 1 + 3 + 9)]
    [TestCase("(ab)*?", 1 + 2 + 4)]
    [TestCase("(ab){0,}", 1 + 2 + 4)]
    [TestCase("(?x)(ab) +", 1 + 2 + 4)]
    [TestCase("(?x)(ab)# c\n+", 1 + 2 + 4)]
    [TestCase("(ab)(?# c)*", 1 + 2 + 4)]
    [TestCase("(ab) c", 1 + 4)]
    [TestCase("[[](ab)+", 1 + 1 + 2 + 4)]
    [TestCase("[-[](ab)+", 1 + 1 + 2 + 4)]
    [TestCase("[+--[](ab)+", 1 + 1 + 2 + 4)]
    [TestCase("[a-[b]](ab)+", 1 + 1 + 2 + 4)]
    [TestCase(@"[\d-[5]](ab)+", 1 + 1 + 2 + 4)]
    [TestCase(@"[\p{Lu}\-[](ab)+", 1 + 1 + 2 + 4)]
    [TestCase(@"[\]a-z-](ab)+", 1 + 1 + 2 + 4)]
    [TestCase("[^]](ab)+", 1 + 1 + 2 + 4)]
    [TestCase(@"[\d--[5]](ab)+", 1 + 1 + 2 + 4)]
    [TestCase(@"[\p{Lu}--[5]](ab)+", 1 + 1 + 2 + 4)]
    [TestCase("[]-a--[b]](ab)+", 1 + 1 + 2 + 4)]
    [TestCase("(ab){0}c", 2)]
    [TestCase("(ab){3,5}", 1 + 10 + 100)]
    [TestCase("((a{3}b)+c){2}", 1 + 10 + 16 + 100)]
    [TestCase("(a{1000000}){1000000}", int.MaxValue)]
    [TestCase("a#)b", 4)]
    public void The_size_of_a_pattern_is_its_places_and_the_pairs_of_those_that_repeat(string pattern, long size) =>
        Assert.That(PatternSize.Of(pattern), Is.EqualTo(size));

    [TestCase(Limits.RegexSteps / 2, null)]
    [TestCase(Limits.RegexSteps / 2 + 1, EvaluationErrors.RegexTimeout)]
    public void A_text_may_be_as_long_as_the_steps_divided_by_the_size_of_its_pattern(int length, string? error)
    {
        var rules = Given.RuleSet(Given.FlagWhen("{'attr': {'x': {'matches': 'y'}}}"));
        var user = EvaluationContext.For("user-1").Set("x", new string('x', length)).Build();

        Assert.That(rules.Evaluate("flag", user).Error, Is.EqualTo(error));
    }

    [TestCase("a{4999}", true)]
    [TestCase("a{5000}", false)]
    public void A_pattern_may_be_as_large_as_the_limit(string pattern, bool isAccepted) =>
        Assert.That(
            Given.ProblemsOfCondition($"{{'attr': {{'x': {{'matches': '{pattern}'}}}}}}").Length == 0,
            Is.EqualTo(isAccepted)
        );

    [TestCase("(.*a.{400})+$")]
    [TestCase("(a{1,30}){1,30}c")]
    public void A_pattern_that_would_cost_too_much_is_refused(string pattern) =>
        Assert.That(
            Given.ProblemsOfCondition($"{{'attr': {{'x': {{'matches': '{pattern}'}}}}}}"),
            Has.One.Contains("must not repeat as much")
        );

    [TestCase(@"^[a-z0-9._%+-]{1,64}@[a-z0-9.-]{1,255}\.[a-z]{2,63}$")]
    [TestCase(@"^([0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    [TestCase(@"^([a-z0-9-]{1,63}\.)+[a-z]{2,63}$")]
    [TestCase(@"^(\d{1,3}\.){3}\d{1,3}$")]
    public void A_pattern_people_write_is_not(string pattern) =>
        Assert.That(PatternSize.Of(pattern), Is.LessThan(Limits.RegexSize));

    [Test]
    public void A_pattern_keeps_its_memory_bounded_and_its_answers()
    {
        // Each text finds new states of this automaton; kept, those of fifty texts are 40 MB.
        var pattern = Pattern.Parse("a.{60}c$", ignoreCase: false).Value;
        var random = new Random(2);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var i = 0; i < 50; i++)
            Matches(pattern, string.Concat(Enumerable.Range(0, 300).Select(_ => random.Next(2) == 0 ? 'a' : 'b')));

        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(2 * Limits.RegexCacheBytes));
        Assert.That(Matches(pattern, "a" + new string('b', 60) + "c"), Is.True);
    }

    [Test]
    public void A_pattern_allocates_nothing_for_a_text_like_those_it_has_seen()
    {
        var pattern = Pattern.Parse(@"^build-\d+$", ignoreCase: false).Value;
        Matches();

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        Matches();

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - allocated, Is.Zero);

        void Matches()
        {
            for (var i = 0; i < 100; i++)
                pattern.IsMatch("build-1234");
        }
    }

    // Only what a match leaves behind is of interest, not whether a busy machine gets through with it in time.
    private static bool Matches(Pattern pattern, string text)
    {
        try
        {
            return pattern.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
