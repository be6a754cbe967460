using System.Globalization;

namespace FeatureFlags.UnitTests.Conformance;

/// <summary>Who falls where: hashing, bucket keys, splits and percentages.</summary>
internal static class BucketThemes
{
    private const string Half = "'variants': [{'key': 'a', 'weight': 1}, {'key': 'b', 'weight': 1}]";

    private static readonly string[] Ids =
    [
        "u1",
        "a",
        "1",
        "007",
        "-1",
        " ",
        "user@example.com",
        "é",
        "e\u0301",
        "日本語",
        "😀",
        "\\ud83d\\ude00\\u200d",
        "a:b",
        "a\\nb",
        "\\\\",
        "0123456789abcdef0123456789abcde",
        "0123456789abcdef0123456789abcdef",
        "0123456789abcdef0123456789abcdef0",
        "8c6f4b1e-7f0a-4a39-b0d6-5f8f2f4f6c11",
        new string('x', 63),
        new string('x', 64),
        new string('x', 65),
        new string('é', 200),
        new string('i', 1000),
    ];

    public static IEnumerable<RuleGroup> Bucketing()
    {
        yield return new RuleGroup("a split draws from tenant, salt and bucket key")
            .Flag("checkout", $"'state': 'on', {Half}")
            .Flag("salted", $"'state': 'on', {Half}, 'salt': 'checkout'")
            .Flag("unicode", $"'state': 'on', {Half}, 'salt': 'Größe 日本 😀'")
            .Flag("off", $"'state': 'off', {Half}")
            .AskAll("checkout", Ids)
            .AskAll("salted", Ids)
            .AskAll("unicode", Ids)
            .AskAll("off", Ids[..4]);

        string[] keys =
        [
            "'acme'",
            "''",
            "7",
            "7.0",
            "7e0",
            "0",
            "-0",
            "-0.0",
            "-7",
            "1.5",
            "1e15",
            "9007199254740991",
            "9007199254740992",
            "9007199254740993",
            "-9007199254740992",
            "-9007199254740993",
            "9007199254740992.0",
            "9007199254740992.5",
            "9.007199254740992e15",
            "9.007199254740993e15",
            "18446744073709551616",
            "1e300",
            "true",
            "null",
            "['acme']",
            "{'id': 'acme'}",
            "'7'",
            "'é日😀'",
        ];
        var by = new RuleGroup("bucket keys are text, or whole numbers within 2^53 in decimal")
            .Flag("by", $"'state': 'on', {Half}, 'bucket_by': 'k'")
            .Flag("first", $"'state': 'on', {Half}, 'bucket_by': ['k', 'deep.k', 'id']")
            .FlagWhen("gate", "{'percentage': 50, 'by': 'k'}")
            .FlagWhen("same", "{'percentage': 50, 'by': ['k']}", RuleGroup.OnOff + ", 'bucket_by': 'k'");
        foreach (var key in keys)
        {
            by.Ask($"by {key}", "by", $"{{'k': {key}}}")
                .Ask(
                    $"first of {key}, its namesake within and the id",
                    "first",
                    $"{{'k': {key}, 'deep': {{'k': 'd'}}}}"
                )
                .Ask($"gate by {key}", "gate", $"{{'k': {key}}}")
                .Ask($"gate by {key}, as the flag", "same", $"{{'k': {key}}}");
        }
        yield return by.Ask("by nothing", "by")
            .Ask("first of nothing but the id", "first")
            .Ask("gate by nothing", "gate");
    }

    public static IEnumerable<RuleGroup> Distributions()
    {
        (string Name, string[] Weights)[] splits =
        [
            ("half", ["1", "1"]),
            ("quarter", ["1", "3"]),
            ("thirds", ["1", "1", "1"]),
            ("percent", ["10", "20", "70"]),
            ("gaps", ["0", "5", "0", "5", "0"]),
            ("fractions", ["0.5", "0.25", "0.25"]),
            ("tiny", ["1e-300", "1"]),
            ("huge", ["1000000000", "1", "999999999"]),
            ("odd", ["33.333", "33.333", "33.334"]),
            ("one", ["0", "7", "0"]),
            ("many", [.. Enumerable.Repeat("0.1", 30)]),
        ];
        var defaults = new RuleGroup("weights of the variants");
        var rollouts = new RuleGroup("distributions of a rule, in an order of their own");
        foreach (var (name, weights) in splits)
        {
            var variants = weights.Select((weight, i) => $"{{'key': 'v{i}', 'weight': {weight}}}");
            defaults
                .Flag(name, $"'state': 'on', 'variants': [{string.Join(", ", variants)}]")
                .AskAll(name, Enumerable.Range(0, 12).Select(i => $"u{i}"));

            var even = weights.Select((_, i) => $"{{'key': 'v{i}', 'weight': 1}}");
            var shares = weights.Select((weight, i) => $"{{'variant': 'v{i}', 'weight': {weight}}}").Reverse();
            rollouts
                .Flag(
                    name,
                    $"'state': 'on', 'variants': [{string.Join(", ", even)}], 'rules': [{RuleGroup.Rule("split", "{'attr': {'x': 1}}", $"'distribution': [{string.Join(", ", shares)}]")}]"
                )
                .AskAll(name, Enumerable.Range(0, 8).Select(i => $"u{i}"), "{'x': 1}");
        }
        yield return defaults;
        yield return rollouts;
    }

    public static IEnumerable<RuleGroup> Percentages()
    {
        var ramp = new RuleGroup("raising a percentage keeps who was in");
        string[] percentages = ["0", "0.001", "1", "10", "33.333", "50", "50.5", "90", "99.999", "100", "1e1"];
        foreach (var percentage in percentages)
        {
            var flag = $"p{percentage.Replace('.', '-')}";
            ramp.FlagWhen(flag, $"{{'percentage': {percentage}}}", RuleGroup.OnOff + ", 'salt': 'ramp'")
                .AskAll(flag, Enumerable.Range(0, 15).Select(i => $"u{i}"));
        }
        yield return ramp;

        var draws = new RuleGroup("percentages share a draw unless they name a salt or another key")
            .FlagWhen("plain", "{'percentage': 50}")
            .FlagWhen("salted", "{'percentage': 50, 'salt': 'wave'}")
            .FlagWhen("by-id", "{'percentage': 50, 'by': 'id'}")
            .FlagWhen("by-list", "{'percentage': 50, 'by': ['id']}")
            .FlagWhen("by-company", "{'percentage': 50, 'by': 'company.id'}")
            .FlagWhen("both", "{'percentage': 80, 'all': [{'percentage': 80, 'salt': 'wave'}, {'percentage': 60}]}")
            .FlagWhen("flag-by-company", "{'percentage': 50}", RuleGroup.OnOff + ", 'bucket_by': ['company.id', 'id']")
            .FlagWhen(
                "flag-by-company-gate-by-id",
                "{'percentage': 50, 'by': 'id'}",
                RuleGroup.OnOff + ", 'bucket_by': ['company.id', 'id']"
            )
            .Flag(
                "split-behind",
                $"'state': 'on', {Half}, 'rules': [{RuleGroup.Rule("r", "{'percentage': 20}", "'distribution': [{'variant': 'a', 'weight': 1}, {'variant': 'b', 'weight': 1}]")}]"
            );
        string[] flags =
        [
            "plain",
            "salted",
            "by-id",
            "by-list",
            "by-company",
            "both",
            "flag-by-company",
            "flag-by-company-gate-by-id",
            "split-behind",
        ];
        foreach (var flag in flags)
        {
            for (var i = 0; i < 12; i++)
                draws.Ask(
                    $"{flag} for u{i}",
                    flag,
                    i % 4 == 3 ? "{}" : $"{{'company': {{'id': 'c{i / 2}'}}}}",
                    $"u{i}"
                );
        }
        yield return draws;
    }

    public static IEnumerable<RuleGroup> Unleash()
    {
        const string Members = "'state': 'on', 'hashing': 'unleash'";
        var group = new RuleGroup("the scheme of Unleash's clients")
            .Flag("half", $"{Members}, {Half}")
            .Flag(
                "thousand",
                $"{Members}, 'salt': 'group', 'variants': [{{'key': 'a', 'weight': 333}}, {{'key': 'b', 'weight': 333}}, {{'key': 'c', 'weight': 334}}]"
            )
            .Flag(
                "rules",
                $"{Members}, 'variants': [{{'key': 'disabled', 'weight': 1}}, {{'key': 'a', 'weight': 0}}, {{'key': 'b', 'weight': 0}}], 'rules': [{RuleGroup.Rule("r", "{'percentage': 60}", "'distribution': [{'variant': 'a', 'weight': 500}, {'variant': 'b', 'weight': 500}]")}]"
            )
            .Flag(
                "salted",
                $"{Members}, 'salt': 's', {Half}, 'rules': [{RuleGroup.Rule("r", "{'percentage': 40, 'salt': 'wave', 'by': ['id', 'session']}", "'variant': 'b'")}]"
            )
            .Flag(
                "sum-of-rules",
                $"{Members}, 'variants': [{{'key': 'a', 'weight': 1}}, {{'key': 'b', 'weight': 0}}], 'rules': [{RuleGroup.Rule("r", "{'attr': {'x': 1}}", "'distribution': [{'variant': 'a', 'weight': 3}, {'variant': 'b', 'weight': 4}]")}]"
            )
            .Segment("ours", "'criteria': {'percentage': 50}")
            .Flag(
                "segment",
                $"{Members}, {Half}, 'rules': [{RuleGroup.Rule("r", "{'segment': 'ours'}", "'variant': 'b'")}]"
            )
            .Flag(
                "edges",
                $"{Members}, {Half}, 'rules': [{RuleGroup.Rule("none", "{'percentage': 0}", "'variant': 'a'", 1)}, {RuleGroup.Rule("one", "{'percentage': 1}", "'variant': 'a'", 2)}, {RuleGroup.Rule("all", "{'percentage': 100}", "'variant': 'b'", 3)}]"
            )
            .Flag("by", $"{Members}, {Half}, 'bucket_by': 'k'");
        foreach (var flag in new[] { "half", "thousand", "rules", "salted", "sum-of-rules", "segment", "edges" })
            group.AskAll(flag, Ids, "{'x': 1}");
        foreach (var key in new[] { "'s1'", "7", "-7", "1.5", "null" })
            group.Ask($"by {key}", "by", $"{{'k': {key}}}");
        yield return group;
    }

    public static IEnumerable<RuleGroup> Unicode()
    {
        yield return new RuleGroup("text outside ASCII, as names, values and ids")
            .FlagWhen("emoji", "{'attr': {'x': '😀'}}")
            .FlagWhen("name", "{'attr': {'größe.日本': 1}}")
            .FlagWhen("starts", "{'attr': {'x': {'starts_with': '\\ud83d\\ude00'}}}")
            .FlagWhen("nul", "{'attr': {'x': {'contains': 'b'}}}")
            .Segment("members", "'included': ['é日', '😀', 'e\\u0301']")
            .FlagWhen("members", "{'segment': 'members'}")
            .Ask("the same emoji", "emoji", "{'x': '😀'}")
            .Ask("the same emoji, escaped", "emoji", "{'x': '\\ud83d\\ude00'}")
            .Ask("another emoji", "emoji", "{'x': '😁'}")
            .Ask("starts with an emoji", "starts", "{'x': '😀!'}")
            .Ask("starts with another", "starts", "{'x': '😁!'}")
            .Ask("a name", "name", "{'größe': {'日本': 1}}")
            .Ask("a name of combining characters is another", "name", "{'gro\u0308ße': {'日本': 1}}")
            .Ask("U+0000 is a character", "nul", "{'x': 'a\\u0000b'}")
            .AskAll("members", ["é日", "e\u0301日", "😀", "\\ud83d\\ude00", "é", "e\\u0301"]);
    }

    /// <summary>By themselves: not every language can hold half of a surrogate pair.</summary>
    public static IEnumerable<RuleGroup> LoneSurrogates()
    {
        var group = new RuleGroup("half of a surrogate pair is text, and hashed as U+FFFD")
            .Flag("split", $"'state': 'on', {Half}, 'bucket_by': 'k'")
            .FlagWhen("contains", "{'attr': {'k': {'contains': 'b'}}}")
            .FlagWhen("replacement", "{'attr': {'k': {'eq': '\ufffd'}}}")
            .FlagWhen("emoji", "{'attr': {'k': {'contains': '😀'}}}")
            .FlagWhen("regex", "{'attr': {'k': {'matches': '^a.$'}}}");
        string[] texts =
        [
            "\\ud800",
            "\\udfff",
            "a\\ud83d",
            "a\\udc00b",
            "\\ude00\\ud83d",
            "\\ud83d\\ud83d\\ude00",
            "\ufffd",
        ];
        foreach (var flag in new[] { "split", "contains", "replacement", "emoji", "regex" })
        {
            foreach (var text in texts)
                group.Ask($"{flag} of {text.Replace("\\", "", StringComparison.Ordinal)}", flag, $"{{'k': '{text}'}}");
        }
        yield return group;
    }
}
