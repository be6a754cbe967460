namespace FeatureFlags.UnitTests.Conformance;

/// <summary>How a flag comes to its answer: states, rules, conditions, segments, other flags, errors.</summary>
internal static class RuleThemes
{
    private const string ThreeWays =
        "'variants': [{'key': 'a', 'weight': 1, 'value': 1}, {'key': 'b', 'weight': 1, 'value': 2}, {'key': 'c', 'weight': 2, 'value': 3}]";

    public static IEnumerable<RuleGroup> Order()
    {
        var rules =
            $"'rules': [{RuleGroup.Rule("second", "{'attr': {'x': [1, 2]}}", "'variant': 'b'", 2)}, {RuleGroup.Rule("first", "{'attr': {'x': [2, 3]}}", "'variant': 'c'", -5)}, {RuleGroup.Rule("last", "{'attr': {'x': {'gte': 1}}}", "'distribution': [{'variant': 'a', 'weight': 1}, {'variant': 'c', 'weight': 3}]", 900)}]";
        var group = new RuleGroup("the rule of the lowest order that holds decides")
            .Flag("on", $"'state': 'on', {ThreeWays}, {rules}")
            .Flag("off", $"'state': 'off', {ThreeWays}, {rules}")
            .Flag("by-default-off", $"{ThreeWays}, {rules}")
            .Flag(
                "always",
                $"'state': 'on', {ThreeWays}, 'rules': [{{'id': 'all', 'order': 1, 'rollout': {{'variant': 'b'}}}}]"
            )
            .Flag("empty", $"'state': 'on', {ThreeWays}, 'rules': [{RuleGroup.Rule("all", "{}", "'variant': 'c'")}]")
            .Flag(
                "never",
                $"'state': 'on', {ThreeWays}, 'rules': [{RuleGroup.Rule("none", "{'not': {}}", "'variant': 'c'")}]"
            );
        foreach (var flag in new[] { "on", "off", "by-default-off", "always", "empty", "never" })
        {
            foreach (var attributes in new[] { "{}", "{'x': 1}", "{'x': 2}", "{'x': 3}", "{'x': 4}", "{'x': '2'}" })
                group.Ask($"{flag} for {attributes}", flag, attributes);
        }
        return [group, OffVariants(), Values(), Conditions(), MoreConditions()];
    }

    public static IEnumerable<RuleGroup> Paths()
    {
        string[] users =
        [
            "{}",
            "{'company': {'plan': 'pro'}}",
            "{'company.plan': 'pro', 'company': {'plan': 'free'}}",
            "{'company.plan': 'free', 'company': {'plan': 'pro'}}",
            "{'company.plan': null, 'company': {'plan': 'pro'}}",
            "{'company': 'pro'}",
            "{'company': ['pro']}",
            "{'company': [{'plan': 'pro'}]}",
            "{'company': {'plan': ['free', 'pro']}}",
            "{'company': {'plan': {'name': 'pro'}}}",
            "{'company': {'plan': null}}",
            "{'company': {'Plan': 'pro'}}",
        ];
        var nested = new RuleGroup("dotted paths lead into nested attributes")
            .FlagWhen("plan", "{'attr': {'company.plan': 'pro'}}")
            .FlagWhen("not-pro", "{'attr': {'company.plan': {'neq': 'pro'}}}")
            .FlagWhen("there", "{'attr': {'company.plan': {'exists': true}}}")
            .FlagWhen("absent", "{'attr': {'company.plan': {'exists': false}}}")
            .FlagWhen("company", "{'attr': {'company': {'exists': true}}}")
            .FlagWhen("deeper", "{'attr': {'company.plan.name': 'pro'}}");
        foreach (var flag in new[] { "plan", "not-pro", "there", "absent", "company", "deeper" })
        {
            foreach (var attributes in users)
                nested.Ask($"{flag} for {attributes}", flag, attributes);
        }

        var deep = string.Concat(Enumerable.Repeat("{'p': ", 10)) + "1" + new string('}', 10);
        var partly = string.Concat(Enumerable.Repeat("{'p': ", 5)) + "{'p.p.p.p.p': 1}" + new string('}', 5);
        var ids = new RuleGroup("id is always the user's id")
            .FlagWhen("id", "{'attr': {'id': ['u1', 'ann']}}")
            .FlagWhen("id-number", "{'attr': {'id': 7}}")
            .FlagWhen("within-id", "{'attr': {'id.q': 1}}")
            .FlagWhen("ID", "{'attr': {'ID': 'u1'}}")
            .FlagWhen("deep", $"{{'attr': {{'{string.Join('.', Enumerable.Repeat("p", 10))}': 1}}}}")
            .Ask("the id", "id")
            .Ask("another id", "id", id: "bob")
            .Ask("an attribute named id is not it", "id", "{'id': 'ann'}", "bob")
            .Ask("an id is text, digits or not", "id-number", id: "7")
            .Ask("an attribute named id is never seen", "id-number", "{'id': 7}")
            .Ask("there is nothing within the id", "within-id", "{'id': {'q': 1}}")
            .Ask("but there may be an attribute of that whole name", "within-id", "{'id.q': 1}")
            .Ask("names are told apart by case", "ID")
            .Ask("an attribute ID", "ID", "{'ID': 'u1'}")
            .Ask("ten names deep", "deep", deep)
            .Ask("a whole name lower down is not looked for", "deep", partly)
            .Ask("the whole path as one name", "deep", $"{{'{string.Join('.', Enumerable.Repeat("p", 10))}': 1}}");
        return [nested, ids];
    }

    public static IEnumerable<RuleGroup> Segments()
    {
        var group = new RuleGroup("excluded beats included beats criteria")
            .Segment("listed", "'included': ['in', 'é日', 'both-cases'], 'excluded': ['out']")
            .Segment("canada", "'included': ['in'], 'excluded': ['out'], 'criteria': {'attr': {'country': 'CA'}}")
            .Segment("nobody", "'included': [], 'excluded': []")
            .Segment("everybody", "'criteria': {}")
            .Segment("outer", "'criteria': {'segment': 'canada'}, 'excluded': ['far-out']")
            .FlagWhen("listed", "{'segment': 'listed'}")
            .FlagWhen("canada", "{'segment': 'canada'}")
            .FlagWhen("nobody", "{'segment': 'nobody'}")
            .FlagWhen("everybody", "{'segment': ['everybody']}")
            .FlagWhen("any", "{'segment': ['nobody', 'listed', 'canada']}")
            .FlagWhen("outer", "{'segment': 'outer'}")
            .FlagWhen("not-canada", "{'not': {'segment': 'canada'}}")
            .FlagWhen("both", "{'all': [{'segment': 'listed'}, {'segment': 'canada'}]}");
        foreach (var flag in new[] { "listed", "canada", "nobody", "everybody", "any", "outer", "not-canada", "both" })
        {
            foreach (var id in new[] { "in", "out", "far-out", "u1", "IN", "é日", "Both-cases" })
                group
                    .Ask($"{flag} for {id} in Canada", flag, "{'country': 'CA'}", id)
                    .Ask($"{flag} for {id} abroad", flag, "{'country': 'US'}", id);
        }

        var gates = new RuleGroup("percentages of a segment draw for the segment, by the user's id unless they say")
            .Segment("half", "'criteria': {'percentage': 50}")
            .Segment("salted", "'criteria': {'percentage': 50, 'salt': 'wave'}")
            .Segment("companies", "'criteria': {'percentage': 50, 'by': 'company.id'}")
            .Segment("two", "'criteria': {'all': [{'percentage': 60}, {'percentage': 40, 'by': ['id']}]}")
            .FlagWhen("half", "{'segment': 'half'}", RuleGroup.OnOff + ", 'bucket_by': 'device', 'salt': 's'")
            .FlagWhen("salted", "{'segment': 'salted'}")
            .FlagWhen("companies", "{'segment': 'companies'}")
            .FlagWhen("two", "{'segment': 'two'}")
            .FlagWhen("flag-too", "{'segment': 'half', 'percentage': 50}");
        foreach (var flag in new[] { "half", "salted", "companies", "two", "flag-too" })
        {
            for (var i = 0; i < 12; i++)
                gates.Ask($"{flag} for u{i}", flag, $"{{'company': {{'id': {i}}}, 'device': 'd{i}'}}", $"u{i}");
            gates.Ask($"{flag} without a company", flag);
        }
        return [group, gates];
    }

    public static IEnumerable<RuleGroup> References()
    {
        const string Base =
            "'variants': [{'key': 'off', 'weight': 1}, {'key': 'on', 'weight': 1}, {'key': 'blue', 'weight': 0}]";
        var group = new RuleGroup("prerequisites, and flags in conditions")
            .Flag(
                "base",
                $"'state': 'on', {Base}, 'rules': [{RuleGroup.Rule("ca", "{'attr': {'country': 'CA'}}", "'variant': 'on'", 1)}, {RuleGroup.Rule("fr", "{'attr': {'country': 'FR'}}", "'variant': 'blue'", 2)}]"
            )
            .Flag("off", $"'state': 'off', {Base}")
            .Flag("in-error", $"'state': 'on', {Base}, 'bucket_by': 'company'")
            .Flag("needs-on", $"{RuleGroup.OnOff}, 'prerequisites': [{{'key': 'base', 'variant': 'on'}}]")
            .Flag(
                "needs-two",
                $"{RuleGroup.OnOff}, 'prerequisites': [{{'key': 'base', 'variant': ['on', 'blue']}}, {{'key': 'needs-on', 'variant': 'off'}}]"
            )
            .Flag("needs-off-variant", $"{RuleGroup.OnOff}, 'prerequisites': [{{'key': 'off', 'variant': 'off'}}]")
            .Flag(
                "needs-error",
                $"{RuleGroup.OnOff}, 'prerequisites': [{{'key': 'in-error', 'variant': ['off', 'on']}}]"
            )
            .Flag(
                "needs-unmet",
                $"{RuleGroup.OnOff}, 'prerequisites': [{{'key': 'needs-on', 'variant': ['off', 'on']}}]"
            )
            .Flag("off-and-unmet", $"'state': 'off', {Base}, 'prerequisites': [{{'key': 'off', 'variant': 'on'}}]")
            .FlagWhen("when-on", "{'flag': {'key': 'base', 'variant': 'on'}}")
            .FlagWhen("when-any", "{'flag': {'key': 'base', 'variant': ['on', 'off']}}")
            .FlagWhen("when-not", "{'not': {'flag': {'key': 'needs-on', 'variant': 'off'}}}")
            .FlagWhen("when-off", "{'flag': {'key': 'off', 'variant': 'off'}}")
            .FlagWhen("when-error", "{'flag': {'key': 'in-error', 'variant': 'off'}}")
            .Segment("through-a-flag", "'criteria': {'flag': {'key': 'base', 'variant': 'blue'}}")
            .FlagWhen("when-segment", "{'segment': 'through-a-flag'}");
        string[] flags =
        [
            "base",
            "off",
            "in-error",
            "needs-on",
            "needs-two",
            "needs-off-variant",
            "needs-error",
            "needs-unmet",
            "off-and-unmet",
            "when-on",
            "when-any",
            "when-not",
            "when-off",
            "when-error",
            "when-segment",
        ];
        foreach (var flag in flags)
        {
            group
                .Ask($"{flag} in Canada", flag, "{'country': 'CA'}")
                .Ask($"{flag} in France", flag, "{'country': 'FR', 'company': 7}")
                .Ask($"{flag} for u1", flag)
                .Ask($"{flag} for u5", flag, "{'company': 'acme'}", "u5");
        }
        return [group, Chain(), Fan()];
    }

    public static IEnumerable<RuleGroup> Errors()
    {
        var keys = new RuleGroup("a split without a bucket key is an error, a percentage without one does not hold")
            .Flag("split", $"'state': 'on', {ThreeWays}, 'bucket_by': 'company.id', 'off_variant': 'c'")
            .Flag(
                "no-draw",
                "'state': 'on', 'variants': [{'key': 'a', 'weight': 0}, {'key': 'b', 'weight': 5}], 'bucket_by': 'company.id'"
            )
            .Flag("off", $"'state': 'off', {ThreeWays}, 'bucket_by': 'company.id'")
            .Flag(
                "rule",
                $"'state': 'on', {ThreeWays}, 'bucket_by': ['device', 'company.id'], 'rules': [{RuleGroup.Rule("gate", "{'percentage': 100}", "'variant': 'b'", 1)}, {RuleGroup.Rule("by-id", "{'percentage': 100, 'by': 'id', 'attr': {'x': 1}}", "'distribution': [{'variant': 'a', 'weight': 1}, {'variant': 'b', 'weight': 1}]", 2)}, {RuleGroup.Rule("one", "{'attr': {'x': 2}}", "'distribution': [{'variant': 'a', 'weight': 0}, {'variant': 'b', 'weight': 1}]", 3)}]"
            )
            .Flag(
                "no-value",
                "'state': 'on', 'variants': [{'key': 'a', 'weight': 1, 'value': 1}, {'key': 'b', 'weight': 1}], 'bucket_by': 'company.id', 'off_variant': 'b'"
            );
        foreach (var flag in new[] { "split", "no-draw", "off", "rule", "no-value" })
        {
            foreach (
                var attributes in new[]
                {
                    "{}",
                    "{'x': 1}",
                    "{'x': 2}",
                    "{'company': {'id': 7}}",
                    "{'company': {'id': 'acme'}}",
                    "{'company': {'id': ''}}",
                    "{'company': {'id': true}}",
                    "{'company': {'id': 1.5}}",
                    "{'company': {'id': ['acme']}}",
                    "{'device': null, 'company.id': 'acme'}",
                    "{'device': 'd1'}",
                }
            )
                keys.Ask($"{flag} for {attributes}", flag, attributes);
        }

        // The text a pattern may be asked of has 1,000,000 characters divided by its size, which is 1 more than its places.
        var regexes = new RuleGroup("a text too long for its regular expression is an error")
            .FlagWhen("places", "{'attr': {'x': {'matches': '^a{999}$'}}}")
            .FlagWhen("pairs", "{'attr': {'x': {'matches': '^(a{30}b)+$'}}}")
            .FlagWhen("not", "{'attr': {'x': {'not_matches': 'a{999}'}}}")
            .FlagWhen("second", "{'attr': {'x': {'matches': ['^b', 'a{4999}']}}}")
            .FlagWhen("unasked", "{'attr': {'y': 1, 'x': {'matches': 'a{4999}'}}}")
            .Flag("dependent", $"{RuleGroup.OnOff}, 'prerequisites': [{{'key': 'places', 'variant': ['on', 'off']}}]")
            .Segment("segment", "'criteria': {'attr': {'x': {'matches': 'a{999}'}}}")
            .FlagWhen("segment", "{'segment': 'segment'}")
            .Ask("as long as may be", "places", $"{{'x': '{new string('b', 1000)}'}}")
            .Ask("one longer", "places", $"{{'x': '{new string('b', 1001)}'}}", error: "regex_timeout")
            .Ask("999 are found", "places", $"{{'x': '{new string('a', 999)}'}}")
            .Ask("31 pairs with 31: as long as may be", "pairs", $"{{'x': '{new string('a', 1007)}'}}")
            .Ask("31 pairs with 31: one longer", "pairs", $"{{'x': '{new string('a', 1008)}'}}", error: "regex_timeout")
            .Ask("negated", "not", $"{{'x': '{new string('b', 1001)}'}}", error: "regex_timeout")
            .Ask("in a list", "not", $"{{'x': ['b', '{new string('b', 1001)}']}}", error: "regex_timeout")
            .Ask("the first pattern is found", "second", $"{{'x': '{new string('b', 201)}'}}")
            .Ask("the second pattern is asked", "second", $"{{'x': '{new string('c', 201)}'}}", error: "regex_timeout")
            .Ask(
                "the length is counted in UTF-16",
                "second",
                $"{{'x': '{string.Concat(Enumerable.Repeat("😀", 101))}'}}",
                error: "regex_timeout"
            )
            .Ask("as many characters of one unit", "second", $"{{'x': '{new string('é', 200)}'}}")
            .Ask("what is not asked is no error", "unasked", $"{{'x': '{new string('c', 201)}'}}")
            .Ask(
                "in a flag that is required",
                "dependent",
                $"{{'x': '{new string('b', 1001)}'}}",
                error: "regex_timeout"
            )
            .Ask("in a segment", "segment", $"{{'x': '{new string('b', 1001)}'}}", error: "regex_timeout");
        return [keys, regexes];
    }

    private static RuleGroup OffVariants()
    {
        const string Values = "'weight': 1";
        var group = new RuleGroup("which variant stands for off")
            .Flag("named", $"'off_variant': 'b', 'variants': [{{'key': 'off', {Values}}}, {{'key': 'b', {Values}}}]")
            .Flag("off", $"'variants': [{{'key': 'control', {Values}}}, {{'key': 'off', {Values}}}]")
            .Flag("control", $"'variants': [{{'key': 'disabled', {Values}}}, {{'key': 'control', {Values}}}]")
            .Flag("false", $"'variants': [{{'key': 'disabled', {Values}}}, {{'key': 'false', {Values}}}]")
            .Flag("disabled", $"'variants': [{{'key': 'a', {Values}}}, {{'key': 'disabled', {Values}}}]")
            .Flag(
                "by-value",
                $"'variants': [{{'key': 'a', {Values}, 'value': true}}, {{'key': 'b', {Values}, 'value': false}}]"
            )
            .Flag("first", $"'variants': [{{'key': 'a', {Values}}}, {{'key': 'b', {Values}}}]")
            .Flag("by-case", $"'variants': [{{'key': 'a', {Values}}}, {{'key': 'Off', {Values}}}]");
        foreach (var flag in new[] { "named", "off", "control", "false", "disabled", "by-value", "first", "by-case" })
            group.Ask(flag, flag);
        return group;
    }

    private static RuleGroup Values()
    {
        string[] values =
        [
            "'text'",
            "''",
            "'é日😀'",
            "0",
            "-1.5",
            "1e21",
            "123456789012345",
            "true",
            "false",
            "[]",
            "{}",
            "{'a': [1, null, {'b': 'c'}], 'é': ''}",
        ];
        var group = new RuleGroup("values come as they were written");
        for (var i = 0; i < values.Length; i++)
            group
                .Flag($"v{i}", $"'state': 'on', 'variants': [{{'key': 'a', 'weight': 1, 'value': {values[i]}}}]")
                .Ask(RuleGroup.Json(values[i]), $"v{i}");
        return group
            .Flag("keys", "'state': 'on', 'variants': [{'key': 'a', 'weight': 1}, {'key': 'b', 'weight': 0}]")
            .Flag("nulls", "'state': 'on', 'variants': [{'key': 'a', 'weight': 1, 'value': null}]")
            .Flag(
                "some",
                "'state': 'on', 'off_variant': 'b', 'variants': [{'key': 'a', 'weight': 1}, {'key': 'b', 'weight': 0, 'value': 7}]"
            )
            .Ask("where no variant has a value it is the key", "keys")
            .Ask("null is no value", "nulls")
            .Ask("a variant without a value among others is null", "some");
    }

    private static RuleGroup Conditions()
    {
        var group = new RuleGroup("members of a condition are all asked for, groups as they say")
            .FlagWhen("and", "{'attr': {'a': 1, 'b': 2}}")
            .FlagWhen("any", "{'any': [{'attr': {'a': 1}}, {'attr': {'b': 2}}]}")
            .FlagWhen("all", "{'all': [{'attr': {'a': 1}}, {'any': [{'attr': {'b': 2}}, {'attr': {'c': 3}}]}]}")
            .FlagWhen("not", "{'not': {'attr': {'a': 1, 'b': 2}}}")
            .FlagWhen("not-not", "{'not': {'not': {'attr': {'a': 1}}}}")
            .FlagWhen("mixed", "{'attr': {'a': 1}, 'any': [{'attr': {'b': 2}}], 'not': {'attr': {'c': 3}}}")
            .FlagWhen("any-empty", "{'any': [{}]}")
            .FlagWhen("not-ca", "{'not': {'attr': {'a': 1}}}")
            .FlagWhen("neq-ca", "{'attr': {'a': {'neq': 1}}}");
        foreach (var flag in new[] { "and", "any", "all", "not", "not-not", "mixed", "any-empty", "not-ca", "neq-ca" })
        {
            foreach (
                var attributes in new[]
                {
                    "{}",
                    "{'a': 1}",
                    "{'b': 2}",
                    "{'a': 1, 'b': 2}",
                    "{'a': 1, 'c': 3}",
                    "{'a': 1, 'b': 2, 'c': 3}",
                    "{'a': '1'}",
                }
            )
                group.Ask($"{flag} for {attributes}", flag, attributes);
        }
        return group;
    }

    private static RuleGroup MoreConditions()
    {
        var nested = "{'attr': {'a': 1}}";
        for (var level = 1; level < 10; level++)
            nested = (level % 3) switch
            {
                0 => $"{{'not': {nested}}}",
                1 => $"{{'all': [{nested}]}}",
                _ => $"{{'any': [{nested}, {{'not': {{}}}}]}}",
            };
        return new RuleGroup("conditions inside conditions")
            .FlagWhen("ten", nested)
            .FlagWhen("gate-in-not", "{'not': {'percentage': 50}}")
            .FlagWhen("gate-in-any", "{'any': [{'attr': {'a': 1}}, {'percentage': 50}]}")
            .Ask("ten deep", "ten", "{'a': 1}")
            .Ask("ten deep, and not so", "ten")
            .AskAll("gate-in-not", Enumerable.Range(0, 8).Select(i => $"u{i}"))
            .AskAll("gate-in-any", Enumerable.Range(0, 8).Select(i => $"u{i}"))
            .Ask("either will do", "gate-in-any", "{'a': 1}", "u3");
    }

    /// <summary>The longest chain that may be written; a flag at the head of a longer one is refused.</summary>
    private static RuleGroup Chain()
    {
        var group = new RuleGroup("a chain of references may have 50 flags and segments").Flag("f1", RuleGroup.OnOff);
        for (var i = 2; i <= 25; i++)
            group.Flag($"f{i}", $"{RuleGroup.OnOff}, 'prerequisites': [{{'key': 'f{i - 1}', 'variant': 'off'}}]");
        group.Segment("s26", "'criteria': {'flag': {'key': 'f25', 'variant': 'off'}}");
        group.FlagWhen("f27", "{'segment': 's26'}");
        for (var i = 28; i <= 50; i++)
            group.FlagWhen($"f{i}", $"{{'flag': {{'key': 'f{i - 1}', 'variant': ['on', 'off']}}}}");
        return group.Ask("2", "f2").Ask("25", "f25").Ask("27, of which a segment is one", "f27").Ask("50", "f50");
    }

    /// <summary>Flags each of which asks twice for the one before: 2^n - 1 visits.</summary>
    private static RuleGroup Fan()
    {
        var group = new RuleGroup("an evaluation may visit 10,000 flags and segments").Flag("f1", RuleGroup.OnOff);
        for (var i = 2; i <= 13; i++)
        {
            var before = $"{{'flag': {{'key': 'f{i - 1}', 'variant': 'on'}}}}";
            group.FlagWhen($"f{i}", $"{{'any': [{before}, {before}]}}");
        }
        return group.Ask("8,191", "f13");
    }
}
