using FeatureFlags.Rules;

namespace FeatureFlags.UnitTests.Conformance;

/// <summary>What each operator says to values that are easily got wrong.</summary>
internal static class OperatorThemes
{
    private const string Missing = "missing";

    /// <summary>One operand of each operator, for <see cref="Types"/>.</summary>
    private static readonly Dictionary<string, string> Operands = new()
    {
        ["eq"] = "'1'",
        ["neq"] = "1",
        ["in"] = "['', 1, true]",
        ["not_in"] = "['1', 0, false]",
        ["exists"] = "true",
        ["contains"] = "'1'",
        ["not_contains"] = "'1'",
        ["starts_with"] = "'1'",
        ["not_starts_with"] = "'1'",
        ["ends_with"] = "'1'",
        ["not_ends_with"] = "'1'",
        ["matches"] = "'^1'",
        ["not_matches"] = "'^1'",
        ["gt"] = "0",
        ["gte"] = "1",
        ["lt"] = "1",
        ["lte"] = "1",
        ["before"] = "'2026-02-01'",
        ["after"] = "'1969-12-31'",
        ["semver_eq"] = "'1'",
        ["semver_neq"] = "'1'",
        ["semver_gt"] = "'0.9'",
        ["semver_gte"] = "'1'",
        ["semver_lt"] = "'1.2.4'",
        ["semver_lte"] = "'1.2.3'",
        ["semver_tilde"] = "'1'",
        ["semver_caret"] = "'1'",
        ["has_any"] = "['1', 1, false]",
        ["has_all"] = "['1', 1]",
        ["size_eq"] = "1",
        ["size_gt"] = "1",
        ["size_lt"] = "1",
        ["ip_in"] = "['10.0.0.0/8', '::/0']",
    };

    private static readonly string[] OddValues =
    [
        Missing,
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1",
        "1.0",
        "-2.5",
        "1e308",
        "''",
        "'1'",
        "' 1'",
        "'true'",
        "'null'",
        "'1.2.3'",
        "'2026-01-31T00:00:00Z'",
        "'10.1.2.3'",
        "[]",
        "[null]",
        "['1']",
        "[1, '1']",
        "['x', false, 2.5]",
        "[['1'], {'a': 1}]",
        "{}",
        "{'a': 1}",
    ];

    public static IEnumerable<RuleGroup> Examples()
    {
        foreach (var known in Operators.All)
        {
            yield return Asked(
                $"the examples of {known.Name} in the documentation",
                [.. known.Examples.Select(example => (example.Matcher, new[] { example.Attribute ?? Missing }))]
            );
        }
    }

    public static IEnumerable<RuleGroup> Types()
    {
        foreach (var known in Operators.All)
        {
            yield return Asked(
                $"{known.Name} on values of every type",
                ($"{{'{known.Name}': {Operands[known.Name]}}}", OddValues)
            );
        }
        yield return Asked("a scalar is short for eq", ("'1'", OddValues), ("1", OddValues), ("true", OddValues));
        yield return Asked("a list is short for in", ("['1', 1.0, false]", OddValues));
        yield return Asked("exists looks at absence too", ("{'exists': false}", OddValues));
        yield return Asked(
            "numeric reads text that is a plain decimal number",
            ("{'gte': 1, 'numeric': true}", OddValues),
            (
                "{'gt': -3, 'numeric': true}",
                [
                    "'5'",
                    "'-2.50'",
                    "'-3'",
                    "'007'",
                    "'+1'",
                    "'.5'",
                    "'1.'",
                    "'1e3'",
                    "'1,000'",
                    "' 1'",
                    "'1 '",
                    "''",
                    "'-'",
                    "'--1'",
                    "'0x10'",
                    "'Infinity'",
                    "'NaN'",
                    "'１'",
                    "'٣'",
                    "'1\\u0000'",
                    "'1\\n'",
                    $"'{new string('9', 400)}'",
                    "['a', '7']",
                    "['a', 'b']",
                ]
            )
        );
        yield return Asked(
            "all operators of a matcher must hold, each by itself",
            ("{'gte': 3, 'lt': 4}", ["3", "3.9", "4", "2", "[1, 5]", "[2, 2]", "'3'"]),
            ("{'starts_with': 'a', 'not_contains': 'z'}", ["'ab'", "'az'", "['ab', 'z']", "['ab', 'b']", "[]"]),
            ("{'exists': true, 'neq': 'x'}", ["'x'", "'y'", "null", "[]", "{}"]),
            ("{'exists': false, 'neq': 'x'}", [Missing, "null", "'y'"]),
            ("{'size_gt': 1, 'eq': 'a'}", ["['a', 'b']", "['a']", "['b', 'c']", "'a'"])
        );
    }

    public static IEnumerable<RuleGroup> Texts()
    {
        yield return Asked(
            "text operators are ordinal",
            ("{'eq': 'CA'}", ["'CA'", "'ca'", "'CA '", "'C'", "'CA\\u0000'"]),
            ("{'contains': ''}", ["''", "'a'", "1", "[]", "['']"]),
            ("{'starts_with': ['ab', 'x']}", ["'abc'", "'ab'", "'a'", "'xyz'", "'cab'", "['c', 'ab']"]),
            ("{'ends_with': ['bc', '']}", ["'abc'", "''", "'b'"]),
            ("{'ends_with': 'bc'}", ["'abc'", "'bc'", "'c'", "'abcd'", "'BC'"]),
            ("{'not_contains': ['b', 'q']}", ["'abc'", "'xyz'", "['a', 'c']", "['a', 'b']", "[]", "[1]", "1"]),
            ("{'not_starts_with': 'a'}", ["'abc'", "'bac'", "''", "[null]"]),
            ("{'not_ends_with': 'c'}", ["'abc'", "'cab'", "''"]),
            ("{'contains': 'e\\u0301'}", ["'caf\\u00e9'", "'cafe\\u0301'"]),
            ("{'eq': '\\u00e9'}", ["'\\u00e9'", "'e\\u0301'", "'É'"])
        );
        yield return Asked(
            "ignore_case is invariant and goes by characters",
            ("{'eq': 'straße', 'ignore_case': true}", ["'STRASSE'", "'straẞe'", "'STRAßE'", "'straße'", "'strasse'"]),
            ("{'eq': 'i', 'ignore_case': true}", ["'I'", "'i'", "'İ'", "'ı'"]),
            ("{'eq': 'ı', 'ignore_case': true}", ["'I'", "'ı'", "'İ'"]),
            ("{'eq': 'İ', 'ignore_case': true}", ["'i'", "'İ'", "'i\\u0307'"]),
            ("{'eq': 'k', 'ignore_case': true}", ["'K'", "'\\u212a'"]),
            ("{'eq': 's', 'ignore_case': true}", ["'S'", "'ſ'"]),
            ("{'eq': 'σ', 'ignore_case': true}", ["'Σ'", "'ς'", "'σ'"]),
            ("{'eq': 'µ', 'ignore_case': true}", ["'μ'", "'Μ'", "'µ'"]),
            ("{'eq': 'ǆ', 'ignore_case': true}", ["'Ǆ'", "'ǅ'", "'ǆ'"]),
            ("{'eq': 'ᾳ', 'ignore_case': true}", ["'ᾼ'", "'ΑΙ'"]),
            ("{'eq': 'ﬁ', 'ignore_case': true}", ["'FI'", "'fi'", "'ﬁ'"]),
            ("{'eq': 'ŉ', 'ignore_case': true}", ["'ʼN'", "'ŉ'"]),
            ("{'eq': 'ÿ', 'ignore_case': true}", ["'Ÿ'", "'y'"]),
            ("{'eq': 'ж', 'ignore_case': true}", ["'Ж'", "'ж'"]),
            ("{'eq': '𐐨', 'ignore_case': true}", ["'𐐀'", "'𐐨'"]),
            ("{'in': ['Ä', 'é'], 'ignore_case': true}", ["'ä'", "'É'", "'a'"]),
            ("{'not_in': ['Ä', 'é'], 'ignore_case': true}", ["'ä'", "'É'", "'a'", "1"]),
            ("{'contains': 'STRA', 'ignore_case': true}", ["'die Straße'", "'die Sträße'"]),
            ("{'starts_with': 'Ça', 'ignore_case': true}", ["'ÇA VA'", "'ça va'", "'ca va'"]),
            ("{'ends_with': ['@ACME.com', '@acme.ORG'], 'ignore_case': true}", ["'a@Acme.COM'", "'a@acme.net'"]),
            ("{'has_any': ['ADMIN'], 'ignore_case': true}", ["['admin']", "['Admin', 1]", "['user']"]),
            ("{'has_all': ['A', 'b'], 'ignore_case': true}", ["['a', 'B']", "['a']", "['a', 'A']"])
        );
    }

    public static IEnumerable<RuleGroup> Regexes()
    {
        yield return Asked(
            "anchors and where a pattern is found",
            ("{'matches': 'abc'}", ["'abc'", "'xabcx'", "'ab'", "'ABC'", "''"]),
            ("{'matches': '^abc$'}", ["'abc'", "'xabc'", "'abc\\n'", "'abc\\n\\n'", "'abc\\r\\n'", "'\\nabc'"]),
            ("{'matches': '\\\\Aabc\\\\z'}", ["'abc'", "'abc\\n'", "'xabc'"]),
            ("{'matches': 'abc\\\\Z'}", ["'abc'", "'abc\\n'", "'abcd'"]),
            ("{'matches': '(?m)^b$'}", ["'a\\nb\\nc'", "'b'", "'a\\nbc'", "'a\\r\\nb'"]),
            ("{'matches': '^$'}", ["''", "'\\n'", "'a'", "'\\n\\n'"]),
            (
                "{'matches': '\\\\bfoo\\\\b'}",
                ["'a foo b'", "'food'", "'foo'", "'_foo'", "'é foo'", "'éfoo'", "'foo-1'"]
            ),
            ("{'matches': '\\\\Bo'}", ["'foo'", "'o'", "' o'"]),
            ("{'matches': ['^x', 'y$']}", ["'xa'", "'ay'", "'axy?'", "['a', 'b', 'xy']"]),
            ("{'not_matches': ['^x', 'y$']}", ["'xa'", "'ay'", "'a'", "['a', 'b']", "1", "[]"])
        );
        yield return Asked(
            "characters, classes and escapes",
            ("{'matches': '^a.c$'}", ["'abc'", "'a\\nc'", "'a\\rc'", "'aéc'", "'a😀c'", "'ac'"]),
            ("{'matches': '(?s)^a.c$'}", ["'a\\nc'", "'abc'"]),
            ("{'matches': 'a\\\\.c'}", ["'a.c'", "'abc'"]),
            ("{'matches': '^[a-cx]+$'}", ["'abcx'", "'abd'", "''", "'ABC'"]),
            ("{'matches': '^[^a-c]+$'}", ["'xyz'", "'xaz'", "'\\n'", "'é'"]),
            ("{'matches': '^[]a]+$'}", ["'a]'", "'b'"]),
            ("{'matches': '^[a\\\\]b-]+$'}", ["'a]b-'", "'c'"]),
            ("{'matches': '^[[a]+$'}", ["'[a'", "'b'"]),
            ("{'matches': '^[a-z-[aeiou]]+$'}", ["'xyz'", "'xya'", "'-'"]),
            ("{'matches': '^[\\\\w-[\\\\d]]+$'}", ["'abc_'", "'abc1'", "'é'"]),
            ("{'matches': '^\\\\d+$'}", ["'123'", "'12a'", "'١٢٣'", "'１２'", "'²'", "'½'"]),
            ("{'matches': '^\\\\D+$'}", ["'abc'", "'a1'", "'²'"]),
            (
                "{'matches': '^\\\\w+$'}",
                ["'aZ_9'", "'é'", "'日本'", "'a-b'", "'a b'", "'e\\u0301'", "'‿'", "'²'", "'\\u093e'", "'a\\u200d'"]
            ),
            ("{'matches': '^\\\\W+$'}", ["'-'", "'a'", "'😀'", "' '"]),
            (
                "{'matches': '^\\\\s+$'}",
                [
                    "' '",
                    "'\\t\\n\\r\\f\\u000b'",
                    "'\\u00a0'",
                    "'\\u2003'",
                    "'\\u3000'",
                    "'\\u200b'",
                    "'\\u0085'",
                    "'\\u001c'",
                    "'\\u180e'",
                    "'\\ufeff'",
                ]
            ),
            ("{'matches': '^\\\\S+$'}", ["'a'", "'a b'", "'\\u200b'"]),
            ("{'matches': '^\\\\p{L}+$'}", ["'abcé日'", "'ab1'", "'ªº'"]),
            ("{'matches': '^\\\\p{Lu}\\\\P{Lu}$'}", ["'Ab'", "'AB'", "'É1'"]),
            ("{'matches': '^[\\\\p{Nd}\\\\p{Pd}]+$'}", ["'1-2'", "'1–2'", "'1_2'"]),
            ("{'matches': '^\\\\p{IsGreek}+$'}", ["'αβγ'", "'abc'", "'ἀ'"]),
            ("{'matches': '^\\\\p{IsCyrillic}+$'}", ["'жук'", "'zhuk'"]),
            ("{'matches': '^\\\\x41\\\\u00e9\\\\t\\\\e\\\\cA\\\\101\\\\0$'}", ["'Aé\\t\\u001b\\u0001A\\u0000'", "'A'"]),
            ("{'matches': '^[\\\\b\\\\-\\\\]\\\\\\\\]+$'}", ["'\\b-]\\\\'", "'b'"]),
            ("{'matches': '^.$'}", ["'a'", "'é'", "'😀'", "'e\\u0301'", "''"]),
            ("{'matches': '^..$'}", ["'😀'", "'ab'", "'a'"]),
            ("{'matches': '😀'}", ["'a😀b'", "'😁'"]),
            ("{'matches': '^[😀]'}", ["'😀'", "'😁'", "'a'"])
        );
        yield return Asked(
            "groups, alternatives and counts",
            ("{'matches': '^(ab|cd)+$'}", ["'abcdab'", "'abc'", "''"]),
            ("{'matches': '^(?:ab)*c$'}", ["'ababc'", "'c'", "'abac'"]),
            ("{'matches': '^(?<name>a)(b)?$'}", ["'a'", "'ab'", "'b'"]),
            ("{'matches': '^a|b$'}", ["'ax'", "'xb'", "'xax'"]),
            ("{'matches': '^(a||b)$'}", ["''", "'a'", "'b'", "'ab'"]),
            ("{'matches': '^a{2}$'}", ["'a'", "'aa'", "'aaa'"]),
            ("{'matches': '^a{2,}$'}", ["'a'", "'aa'", "'aaaa'"]),
            ("{'matches': '^a{2,3}?$'}", ["'a'", "'aa'", "'aaa'", "'aaaa'"]),
            ("{'matches': '^a{0}b$'}", ["'b'", "'ab'"]),
            ("{'matches': '^{2000000}b'}", ["'b'", "'ab'"]),
            ("{'matches': '^(?:){2000000}b'}", ["'b'", "'ab'"]),
            ("{'matches': '^a{,2}$'}", ["'a{,2}'", "'aa'"]),
            ("{'matches': '^a{x}$'}", ["'a{x}'", "'a'"]),
            ("{'matches': '^(a*)*b$'}", ["'aaab'", "'b'", "'a'"]),
            ("{'matches': '^(a|b|ab)*c$'}", ["'ababc'", "'abab'"]),
            ("{'matches': '^a??b$'}", ["'b'", "'ab'", "'aab'"]),
            ("{'matches': '^(x+x+)+y$'}", ["'xxxxy'", "'xy'"])
        );
        yield return Asked(
            "options",
            ("{'matches': 'abc', 'ignore_case': true}", ["'xABCx'", "'aBc'", "'ab'"]),
            ("{'matches': '^[a-z]+$', 'ignore_case': true}", ["'ABC'", "'\\u212a'", "'É'", "'ſ'", "'ı'", "'İ'"]),
            ("{'matches': '^é+$', 'ignore_case': true}", ["'ÉéÉ'", "'e'"]),
            ("{'matches': '^ß$', 'ignore_case': true}", ["'ß'", "'ẞ'", "'SS'"]),
            ("{'matches': '^k$', 'ignore_case': true}", ["'K'", "'\\u212a'"]),
            ("{'matches': '^σ$', 'ignore_case': true}", ["'Σ'", "'ς'"]),
            ("{'matches': '^i$', 'ignore_case': true}", ["'I'", "'ı'", "'İ'"]),
            ("{'matches': '^[^a]$', 'ignore_case': true}", ["'A'", "'b'"]),
            ("{'matches': '^\\\\x41$', 'ignore_case': true}", ["'a'", "'A'"]),
            ("{'matches': '(?i)^abc$'}", ["'ABC'", "'abd'"]),
            ("{'matches': '^a(?i)b(?-i)c$'}", ["'aBc'", "'ABc'", "'aBC'"]),
            ("{'matches': '^a(?i:b)c$'}", ["'aBc'", "'aBC'"]),
            ("{'matches': '^(a(?i)b)c$'}", ["'aBc'", "'aBC'"]),
            ("{'matches': '(?x) ^ a b # c\\n c $'}", ["'abc'", "'a b'", "'ab'"]),
            ("{'matches': '(?x)^a[ ]b\\\\ c$'}", ["'a b c'", "'abc'"]),
            ("{'matches': '^a(?#not this)b$'}", ["'ab'", "'a'"]),
            ("{'matches': '(?n)^(a)(b)$'}", ["'ab'", "'a'"])
        );
    }

    public static IEnumerable<RuleGroup> Numbers()
    {
        string[] numbers =
        [
            "0",
            "-0",
            "-0.0",
            "1",
            "1e0",
            "0.1",
            "0.30000000000000004",
            "2.5",
            "-2.50",
            "5e-324",
            "1.7976931348623157e308",
            "9007199254740991",
            "9007199254740992",
            "9007199254740993",
            "-9007199254740993",
            "9007199254740992.5",
            "9.007199254740992e15",
            "18446744073709551616",
            "1e21",
        ];
        yield return Asked(
            "numbers are doubles",
            ("{'eq': 0}", numbers),
            ("{'eq': 0.3}", ["0.3", "0.30000000000000004", "3e-1", "'0.3'"]),
            ("{'gt': 0}", numbers),
            ("{'gte': 9007199254740992}", numbers),
            ("{'eq': 9007199254740993}", numbers),
            ("{'lt': 1e-300}", numbers),
            ("{'lte': -0}", numbers),
            ("{'in': [1, 2.5, 1e21, 18446744073709551615, -1, 3]}", numbers),
            ("{'neq': 1}", numbers),
            ("{'gt': 2, 'lt': 3}", ["2", "2.0000000000000004", "3", "[1, 4]", "[2.5]", "[]"])
        );
    }

    public static IEnumerable<RuleGroup> Times()
    {
        string[] times =
        [
            "'2026-01-31'",
            "'2026-02-01'",
            "'2026-02-01T00:00:00Z'",
            "'2026-02-01t00:00:00z'",
            "'2026-01-31T23:59:59.999Z'",
            "'2026-01-31T23:59:59.9999999Z'",
            "'2026-01-31T23:59:60Z'",
            "'2026-02-01T00:00:00.0000001Z'",
            "'2026-02-01T00:00:00.00000009Z'",
            "'2026-02-01T01:00:00+01:00'",
            "'2026-01-31T18:29:59-05:30'",
            "'2026-02-01T00:00:00-00:00'",
            "1769903999999",
            "1769904000000",
            "1769904000000.5",
            "1769904000001",
            "-1",
            "0",
            "-62135596800000",
            "-62135596800001",
            "253402300799999",
            "253402300800000",
            "1e300",
            "'0001-01-01'",
            "'0001-01-01T00:00:00+23:59'",
            "'9999-12-31T23:59:59.9999999-23:59'",
            "'0000-01-01'",
            "'2026-02-29'",
            "'2024-02-29'",
            "'1900-02-29'",
            "'2026-13-01'",
            "'2026-00-10'",
            "'2026-02-01 00:00:00Z'",
            "'2026-02-01T00:00:00'",
            "'2026-02-01T00:00Z'",
            "'2026-02-01T24:00:00Z'",
            "'2026-02-01T00:60:00Z'",
            "'2026-02-01T00:00:61Z'",
            "'2026-02-01T00:00:00.Z'",
            "'2026-02-01T00:00:00+0100'",
            "'2026-02-01T00:00:00+24:00'",
            "'2026-02-01T00:00:00+01'",
            "'2026-2-1'",
            "'20260201'",
            "'2026-02-01Z'",
            "' 2026-02-01'",
            "'2026-02-01\\n'",
            "'1769904000000'",
            "'２026-02-01'",
            "''",
            "true",
            "['2026-01-01', '2027-01-01']",
            "['yesterday']",
        ];
        yield return Asked(
            "times",
            ("{'before': '2026-02-01'}", times),
            ("{'after': '2026-02-01'}", times),
            (
                "{'before': 1769904000000.5}",
                ["1769904000000", "1769904000000.25", "'2026-02-01T00:00:00.0005Z'", "1769904000001"]
            ),
            ("{'after': '2026-01-31T23:59:59.9999999Z', 'before': '2026-02-01T00:00:00.0000001Z'}", times[..14])
        );
    }

    public static IEnumerable<RuleGroup> Versions()
    {
        string[] versions =
        [
            "'1'",
            "'1.2'",
            "'1.2.3'",
            "'v1.2.3'",
            "'V1.2.4'",
            "'1.3.0'",
            "'1.10.0'",
            "'2.0.0'",
            "'2.0.0-alpha'",
            "'0.2.3'",
            "'0.2.9'",
            "'0.0.3'",
            "'0.0'",
            "'1.2.3-rc.1'",
            "'1.2.3-rc.1.1'",
            "'1.2.3-rc.b'",
            "'1.2.3-rc.10'",
            "'1.2.3-rc.2'",
            "'1.2.3-0'",
            "'1.2.3--'",
            "'1.2.3-RC.1'",
            "'1.2-beta'",
            "'1.2.3+b.7'",
            "'1.2.3+007'",
            "'18446744073709551616.0.0'",
            "'1.2.3-99999999999999999999'",
            "'01.2.3'",
            "'1.2.3-01'",
            "'1.2.3-01a'",
            "'1.2.'",
            "'1.2.3.4'",
            "'1.2.3-'",
            "'1.2.3-a..b'",
            "'1.2.3+'",
            "'vv1'",
            "'v'",
            "''",
            "' 1.2.3'",
            "'1.2.3 '",
            "'1.2.3\\n'",
            "'1.-2'",
            "'latest'",
            "'１.2.3'",
            "1.2",
            "['1.2.3', '9.9.9']",
            "['x']",
        ];
        foreach (var name in new[] { "eq", "neq", "gt", "gte", "lt", "lte", "tilde", "caret" })
            yield return Asked($"semver_{name}", ($"{{'semver_{name}': '1.2.3'}}", versions));

        string[] parts =
        [
            "'0'",
            "'0.0.1'",
            "'0.1'",
            "'0.2.3'",
            "'0.2.4'",
            "'0.3.0-a'",
            "'0.3.0'",
            "'1'",
            "'1.0.0-a'",
            "'1.2.0'",
            "'1.9.9'",
            "'2.0.0'",
        ];
        foreach (var name in new[] { "tilde", "caret" })
            yield return Asked(
                $"what semver_{name} holds fast",
                [
                    .. new[] { "0", "0.0", "0.0.1", "0.2", "0.2.3", "0.0.0", "1", "1.2", "1.0.0-a" }.Select(version =>
                        ($"{{'semver_{name}': '{version}'}}", parts)
                    ),
                ]
            );
        yield return Asked(
            "lists of versions and pre-releases",
            ("{'semver_eq': ['1.2.3-rc.1', '2']}", versions[..24]),
            ("{'semver_neq': ['1.2.3-rc.1', '2']}", versions[..16]),
            ("{'semver_gt': '1.2.3-rc.1'}", versions[12..26]),
            ("{'semver_lt': '1.2.3-rc.b'}", versions[12..26])
        );
    }

    public static IEnumerable<RuleGroup> Lists()
    {
        string[] lists =
        [
            "['a', 'b', 1]",
            "['b', 1, 'a', 'a']",
            "['a']",
            "['A', 'B']",
            "[1]",
            "['1']",
            "[true]",
            "[false, 'b']",
            "[]",
            "[null]",
            "[['a']]",
            "[{'a': 'a'}]",
            "'a'",
            "{'a': 'b'}",
            "null",
            Missing,
        ];
        yield return Asked(
            "the list operators look at the list as a whole",
            ("{'has_any': ['a', 2]}", lists),
            ("{'has_any': [1.0]}", lists),
            ("{'has_all': ['a', 'b']}", lists),
            ("{'has_all': ['b', 1, 'b']}", lists),
            ("{'has_all': [true]}", lists),
            ("{'has_all': [true, false]}", ["[true, false]", "[true]", "[false, true, 'x']"]),
            ("{'size_eq': 0}", lists),
            ("{'size_eq': 3}", lists),
            ("{'size_gt': 2}", lists),
            ("{'size_lt': 1}", lists)
        );
        yield return Asked(
            "the others ask each element",
            ("{'eq': 'a'}", lists),
            ("{'neq': 'a'}", lists),
            ("{'in': ['b', true]}", lists),
            ("{'not_in': ['b', true]}", lists),
            ("{'matches': '^[ab]$'}", lists),
            ("{'gt': 0}", lists)
        );
    }

    public static IEnumerable<RuleGroup> Networks()
    {
        string[] addresses =
        [
            "'10.1.2.3'",
            "'10.1.2.4'",
            "'11.0.0.1'",
            "'0.0.0.0'",
            "'255.255.255.255'",
            "'::ffff:10.1.2.3'",
            "'::FFFF:0a01:0203'",
            "'::10.1.2.3'",
            "'2001:db8::1'",
            "'2001:0DB8:0:0::1'",
            "'2001:db8:0:0:0:0:0:1'",
            "'2001:db9::1'",
            "'::'",
            "'::1'",
            "'1::'",
            "'1:2:3:4:5:6:7:8'",
            "'1:2:3:4:5:6:7::'",
            "'64:ff9b::10.1.2.3'",
            "'10.0.0.256'",
            "'10.1.2'",
            "'010.1.2.3'",
            "'10.1.2.3/32'",
            "'1:2:3:4:5:6:7'",
            "'1:2:3:4:5:6:7:8:9'",
            "'1::2::3'",
            "':::'",
            "':1'",
            "'12345::'",
            "'fe80::1%eth0'",
            "'[::1]'",
            "'10.1.2.3:80'",
            "' 10.1.2.3'",
            "'10.1.2.3 '",
            "'1.2.3.4::'",
            "'::1.2.3'",
            "'localhost'",
            "''",
            "167838211",
            "['x', '10.1.2.3']",
        ];
        yield return Asked(
            "addresses and blocks",
            [
                .. new[]
                {
                    "10.0.0.0/8",
                    "10.1.2.3/32",
                    "10.1.2.2/31",
                    "0.0.0.0/0",
                    "::/0",
                    "2001:db8::/32",
                    "2001:db8::1/128",
                    "::ffff:10.0.0.0/104",
                    "::1/128",
                }.Select(block => ($"{{'ip_in': '{block}'}}", addresses)),
                ("{'ip_in': ['10.1.2.3/30', '2001:db8::/33', '64:ff9b::/96']}", addresses),
            ]
        );
    }

    /// <summary>A flag for each matcher, asked of attribute <c>x</c>.</summary>
    private static RuleGroup Asked(string name, params (string Matcher, string[] Values)[] rows)
    {
        var group = new RuleGroup(name);
        for (var i = 0; i < rows.Length; i++)
        {
            var (matcher, values) = rows[i];
            group.FlagWhen($"f{i + 1}", $"{{'attr': {{'x': {matcher}}}}}");
            foreach (var value in values)
            {
                var attributes = value == Missing ? "{}" : $"{{'x': {value}}}";
                group.Ask(RuleGroup.Json($"{matcher} for {value}"), $"f{i + 1}", attributes);
            }
        }
        return group;
    }
}
