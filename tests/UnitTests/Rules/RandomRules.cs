using System.Globalization;
using System.Text.Json;
using FeatureFlags.Rules;

namespace FeatureFlags.UnitTests.Rules;

/// <summary>
/// Random flags, segments and users as JSON. Values and operands come from the same small pools, which are full of
/// values that are easily got wrong; and users often have what an operand asked for, so that conditions hold.
/// </summary>
internal sealed class RandomRules(int seed)
{
    private static readonly string[] VariantKeys = ["off", "on", "blue"];

    // The deepest path that a definition may hold, and attributes that go on below it.
    private static readonly string DeepestPath = string.Join('.', Enumerable.Repeat("p", Limits.PathParts));

    private static readonly string[] Paths = ["a", "b", "c", "d.e", "d.e.f", "id", "x", "id.q", "missing", DeepestPath];

    private static readonly string[] Texts =
    [
        .. new[]
        {
            "",
            "a",
            "A",
            "ab",
            "aba",
            "CA",
            "ca",
            "1",
            "1.0",
            "-2.50",
            "007",
            "1e3",
            ".5",
            "true",
            "null",
            "é",
            "É",
            "ß",
            "İ",
            "K",
            "日本",
            "-0",
            "9007199254740993",
        },
        new string('9', 400),
        "a\\u0000b",
        "😀",
        new string('a', 60) + "b",
    ];

    private static readonly string[] Versions =
    [
        .. new[]
        {
            "1",
            "1.2",
            "v1.2.3",
            "V2",
            "0",
            "0.0",
            "0.0.3",
            "0.2.3",
            "1.2.3-rc.1",
            "1.2.3-rc.1.1",
            "1.2.3-rc.b",
            "1.2.3-0",
        },
        .. new[] { "1.2.3+b.7", "1.2.3-rc.1+b", "1.3.0-alpha", "18446744073709551616.0.0", "1-beta", "1.10.0" },
    ];

    private static readonly string[] NoVersions = ["01.2.3", "1.2.3-01", "1.2.", "1.2.3.4", "1.2.3-", "vv1", "1.2.3+"];

    private static readonly string[] Times =
    [
        .. new[]
        {
            "2026-01-31",
            "2026-01-31T00:00:00Z",
            "2026-01-31t05:30:00.1234567891+05:30",
            "2026-01-30T23:59:60Z",
        },
        .. new[]
        {
            "2026-01-31T00:00:00.001z",
            "0001-01-01",
            "0001-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59.9999999-23:59",
        },
    ];

    private static readonly string[] NoTimes =
    [
        "2026-02-30",
        "2026-01-31T00:00:00",
        "2026-01-31 00:00:00Z",
        "0000-01-01",
        "2026-01-31T24:00:00Z",
    ];

    private static readonly string[] Addresses =
    [
        "10.1.2.3",
        "10.1.2.4",
        "::ffff:10.1.2.3",
        "2001:db8::1",
        "2001:0DB8:0:0::1",
        "::",
        "::1",
        "1:2:3:4:5:6:7:8",
        "64:ff9b::10.1.2.3",
    ];

    private static readonly string[] NoAddresses =
    [
        "10.0.0.256",
        "10.1.2",
        "010.1.2.3",
        "1:2:3:4:5:6:7",
        "1::2::3",
        ":::",
        "fe80::1%eth0",
        "[::1]",
        "1:2:3:4:5:6:7:8:9",
        "::10.1.2.3.4",
    ];

    private static readonly string[] Networks =
    [
        "10.0.0.0/8",
        "10.1.2.3/32",
        "10.1.2.2/31",
        "0.0.0.0/0",
        "::/0",
        "2001:db8::/32",
        "::ffff:10.0.0.0/104",
        "::1/128",
    ];

    private static readonly string[] Patterns =
    [
        "^a",
        "b$",
        "a.a",
        "^$",
        "[A-Z]+",
        "\\\\d+",
        "(a|b)*c",
        "^\\\\w{2}$",
        "é",
    ];

    private static readonly string[] Numbers =
    [
        .. new[]
        {
            "0",
            "-0",
            "1",
            "1.0",
            "1e0",
            "2.5",
            "-2.50",
            "7",
            "1000",
            "5e-324",
            "1.7976931348623157e308",
            "0.1",
            "0.30000000000000004",
        },
        .. new[]
        {
            "9007199254740991",
            "9007199254740992",
            "9007199254740993",
            "-9007199254740992",
            "-9007199254740993",
            "9007199254740992.5",
        },
        .. new[] { "1769817600000", "1769817600000.5", "253402300799999", "253402300800000", "9.007199254740992e15" },
    ];

    private static readonly string[] Ids =
    [
        "\"u1\"",
        "\"u2\"",
        "\"u3\"",
        "\"u4\"",
        "\"\"",
        "\"é日\"",
        "\"\\ud800\"",
        "\"" + new string('i', 5000) + "\"",
        "\"a\"",
    ];

    private static readonly string[] Weights = ["0", "1", "1", "50", "0.5", "1000000000", "1e-300", "33.333"];

    private static readonly string[] Percentages = ["0", "100", "50", "33.333", "0.001", "10", "90"];

    private static readonly string[] WholePercentages = ["0", "100", "50", "33", "1", "10", "90"];

    private static readonly int[] Totals = [1, 2, 3, 7, 99, 100, 1000, Limits.Weight];

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, List<string>> _askedFor = new(StringComparer.Ordinal);

    /// <summary>What conditions may name: by default all of it, more than there is, and in circles.</summary>
    public IReadOnlyList<string> Flags { get; set; } = ["main", "other", "third", "unknown"];

    /// <inheritdoc cref="Flags"/>
    public IReadOnlyList<string> Segments { get; set; } = ["beta", "staff", "unknown"];

    /// <summary>The fewest variants of a flag; with 3 it has each one that a condition may name.</summary>
    public int FewestVariants { get; init; } = 1;

    /// <summary>What all weights add up to in a flag whose hashing is unleash; null for other flags, and segments.</summary>
    private int? _total;

    public string Flag()
    {
        _total = Chance(0.3) ? Pick(Totals) : null;
        var variants = VariantKeys[..(FewestVariants + _random.Next(VariantKeys.Length - FewestVariants + 1))];
        var values = Values();
        var weights = WeightsOf(variants.Length, first: "1");
        List<string> members =
        [
            "\"variants\": "
                + List(variants, (key, i) => $$"""{"key": "{{key}}", "weight": {{weights[i]}}{{values()}}}"""),
        ];
        if (_total is not null)
            members.Add("\"hashing\": \"unleash\"");
        if (!Chance(0.1))
            members.Add("\"state\": \"on\"");
        if (Chance(0.3))
            members.Add($"\"off_variant\": \"{variants[^1]}\"");
        if (Chance(0.3))
            members.Add($"\"bucket_by\": {By()}");
        if (Chance(0.2))
            members.Add("\"salt\": \"other\"");
        if (Flags.Count > 0 && Chance(0.15))
            members.Add(
                $"\"prerequisites\": [{string.Join(", ", Some(Flags, 1 + _random.Next(2)).Select(FlagReference))}]"
            );
        var rules = Enumerable.Range(0, _random.Next(5)).Select(order => Rule(order, variants)).ToArray();
        _random.Shuffle(rules);
        members.Add($"\"rules\": [{string.Join(", ", rules)}]");
        _total = null;
        return $"{{{string.Join(", ", members)}}}";
    }

    /// <summary>What only a typed attribute can be: not a number, or a list of such. They replace those of the same name.</summary>
    public IReadOnlyDictionary<string, double[]> TypedAttributes() =>
        new[] { "a", "x" }
            .Where(_ => Chance(0.1))
            .ToDictionary(name => name, _ => Enumerable.Range(0, 1 + _random.Next(2)).Select(_ => Odd()).ToArray());

    private double Odd() =>
        Pick([double.NaN, double.NaN, -0.0, double.NegativeInfinity, double.Epsilon, 9007199254740992, 7]);

    /// <summary>Null: a segment without criteria.</summary>
    public string? Criteria() => Chance(0.2) ? null : Condition(2);

    public string[] Members() => [.. Enumerable.Range(0, _random.Next(4)).Select(_ => Pick(Ids))];

    public string? Id() => Chance(0.1) ? null : Pick(Ids);

    public string Attributes() => $"{{{string.Join(", ", AttributeMembers())}}}";

    /// <summary>Some names are there twice: then the last counts.</summary>
    public string AnyAttributes() =>
        Chance(0.7)
            ? Attributes()
            : $"{{{string.Join(", ", AttributeMembers().Concat(AttributeMembers()).Where(_ => Chance(0.7)))}}}";

    private string[] AttributeMembers()
    {
        List<string> members =
        [
            .. new[] { "a", "b", "c", "d", "d.e", "x", "id", "d.e.f", "" }
                .Where(_ => Chance(0.6))
                .Select(name => $"\"{name}\": {AttributeValue(name)}"),
        ];
        if (Chance(0.3))
            members.Add($"\"p\": {Deep(Limits.PathParts - 2 + _random.Next(4))}");
        return [.. members];
    }

    private string Deep(int levels)
    {
        var value = AttributeValue(1);
        for (var level = 0; level < levels; level++)
            value = $"{{\"p\": {value}}}";
        return value;
    }

    private string Rule(int order, string[] variants)
    {
        var when = Chance(0.1) ? "" : $"\"when\": {(Chance(0.05) ? DeepCondition() : Condition(3))}, ";
        var weights = WeightsOf(variants.Length, first: "2");
        var rollout = Chance(0.5)
            ? $"\"variant\": \"{Pick(variants)}\""
            : "\"distribution\": "
                + List(variants, (key, i) => $$"""{"variant": "{{key}}", "weight": {{weights[i]}}}""");
        return $"{{\"id\": \"r{order}\", \"order\": {order}, {when}\"rollout\": {{{rollout}}}}}";
    }

    private string DeepCondition()
    {
        var condition = Condition(0);
        for (var level = 1; level < Limits.Nesting; level++)
            condition = _random.Next(3) switch
            {
                0 => $"{{\"not\": {condition}}}",
                1 => $"{{\"all\": [{condition}]}}",
                _ => $"{{\"any\": [{condition}]}}",
            };
        return condition;
    }

    private string[] WeightsOf(int count, string first)
    {
        if (_total is not { } total)
            return [first, .. Enumerable.Range(1, count - 1).Select(_ => Pick(Weights))];

        // The spaces between marks on a ruler; what is alone may have any weight.
        var marks = Enumerable.Range(1, count - 1).Select(_ => _random.Next(total + 1)).Append(total).Order().ToArray();
        var weights = marks.Select((mark, i) => mark - (i == 0 ? 0 : marks[i - 1])).ToArray();
        if (Chance(0.1))
            weights = [.. Enumerable.Repeat(0, count - 1), 5];
        return [.. weights.Select(weight => weight.ToString(CultureInfo.InvariantCulture))];
    }

    private string Condition(int depth)
    {
        var members = new List<string>();
        if (Chance(0.7))
        {
            var paths = Paths.Where(_ => Chance(0.2)).ToArray();
            members.Add($"\"attr\": {{{string.Join(", ", paths.Select(path => $"\"{path}\": {Matcher(path)}"))}}}");
        }
        if (Segments.Count > 0 && Chance(0.2))
            members.Add($"\"segment\": {OneOrMany(() => Quoted(Pick(Segments)))}");
        if (Flags.Count > 0 && Chance(0.12))
            members.Add($"\"flag\": {FlagReference(Pick(Flags))}");
        if (Chance(0.3))
        {
            members.Add($"\"percentage\": {Pick(_total is null ? Percentages : WholePercentages)}");
            if (Chance(0.3))
                members.Add($"\"by\": {By()}");
            if (Chance(0.3))
                members.Add("\"salt\": \"wave\"");
        }
        if (depth > 0)
        {
            foreach (var group in new[] { "all", "any" })
            {
                if (Chance(0.2))
                    members.Add(
                        $"\"{group}\": [{string.Join(", ", Enumerable.Range(0, 1 + _random.Next(2)).Select(_ => Condition(depth - 1)))}]"
                    );
            }
            if (Chance(0.2))
                members.Add($"\"not\": {Condition(depth - 1)}");
        }
        return $"{{{string.Join(", ", members)}}}";
    }

    private string Matcher(string path)
    {
        if (Chance(0.15))
            return Asked(path, "eq", Scalar());
        if (Chance(0.1))
            return Asked(path, "in", Scalars());

        var operators = Enumerable
            .Range(0, 1 + (Chance(0.2) ? 1 : 0))
            .Select(_ => Pick(Operators.All))
            .DistinctBy(o => o.Name)
            .ToArray();
        var members = operators.Select(o => $"\"{o.Name}\": {Asked(path, o.Name, Operand(o.Name))}").ToList();
        if (Chance(0.3) && operators.Any(o => o.Operand.TakesIgnoreCase))
            members.Add("\"ignore_case\": true");
        if (Chance(0.5) && operators.Any(o => o.Operand.TakesNumeric))
            members.Add("\"numeric\": true");
        return $"{{{string.Join(", ", members)}}}";
    }

    /// <summary>The operand; users to come often have at that path what the operator may say yes to.</summary>
    private string Asked(string path, string name, string operand)
    {
        if (!_askedFor.TryGetValue(path, out var values))
            _askedFor[path] = values = [];
        if (name.StartsWith("size_", StringComparison.Ordinal))
            values.Add($"[{string.Join(", ", Enumerable.Range(0, _random.Next(3)).Select(_ => Scalar()))}]");
        else if (name is "has_any" or "has_all")
            values.Add(operand);
        else if (name is "matches" or "not_matches")
            values.Add(Quoted(Pick(Texts)));
        else if (name == "ip_in")
            values.Add(Quoted(Pick(Addresses)));
        else if (name is "before" or "after")
            values.Add(Quoted(Pick(Times)));
        else if (operand.StartsWith('['))
            values.Add(
                Pick(JsonElement.Parse(operand).EnumerateArray().Select(element => element.GetRawText()).ToArray())
            );
        else
            values.Add(operand);
        return operand;
    }

    private string Operand(string name) =>
        name switch
        {
            "eq" or "neq" => Scalar(),
            "in" or "not_in" or "has_any" or "has_all" => Scalars(),
            "exists" => Chance(0.5) ? "true" : "false",
            "matches" or "not_matches" => OneOrMany(() => Quoted(Pick(Patterns))),
            "gt" or "gte" or "lt" or "lte" => Pick(Numbers),
            "before" or "after" => Chance(0.5) ? Quoted(Pick(Times)) : "1769817600000",
            "semver_eq" or "semver_neq" => OneOrMany(() => Quoted(Pick(Versions))),
            "size_eq" or "size_gt" or "size_lt" => Pick(["0", "1", "1", "2", "3"]),
            "ip_in" => OneOrMany(() => Quoted(Pick(Networks))),
            _ when name.StartsWith("semver_", StringComparison.Ordinal) => Quoted(Pick(Versions)),
            "contains" or "starts_with" or "ends_with" or "not_contains" or "not_starts_with" or "not_ends_with" =>
                OneOrMany(() => Quoted(Pick(OperandTexts))),
            _ => throw new ArgumentException($"no operands for {name}"),
        };

    // U+0000 is refused in definitions.
    private static IEnumerable<string> OperandTexts =>
        Texts.Where(text => !text.Contains('\\', StringComparison.Ordinal));

    private string Scalar() =>
        _random.Next(5) switch
        {
            0 => Pick(Numbers),
            1 => Chance(0.5) ? "true" : "false",
            2 => Quoted(Pick([.. Versions, .. Times, .. Addresses])),
            _ => Quoted(Pick(OperandTexts)),
        };

    private string Scalars() =>
        $"[{string.Join(", ", Enumerable.Range(0, 1 + _random.Next(4)).Select(_ => Scalar()))}]";

    private string AttributeValue(string name)
    {
        if (!_askedFor.TryGetValue(name, out var values) || Chance(0.6))
            return AttributeValue(name.StartsWith('d') ? 3 : 1);
        return Chance(0.2) ? $"[{Pick(values)}, {AttributeValue(0)}]" : Pick(values);
    }

    private string AttributeValue(int depth) =>
        _random.Next(12) switch
        {
            0 => "null",
            1 => Chance(0.5) ? "true" : "false",
            2 => Pick([.. Numbers, "1e400", "-1e400"]),
            3 => Pick(Numbers),
            4 => Quoted(Pick([.. Versions, .. NoVersions])),
            5 => Quoted(Pick([.. Times, .. NoTimes])),
            6 => Quoted(Pick([.. Addresses, .. NoAddresses])),
            7 or 8 when depth > 0 =>
                $"[{string.Join(", ", Enumerable.Range(0, _random.Next(4)).Select(_ => AttributeValue(depth - 1)))}]",
            9 or 10 when depth > 0 =>
                $"{{\"e\": {AttributeValue(depth - 1)}, \"f\": {AttributeValue(depth - 1)}, \"e.f\": 1, \"q\": 1}}",
            11 when Chance(0.02) => Quoted(new string('z', 20_000) + "b"),
            _ => Quoted(Pick([.. Texts, "\\ud800", "a\\udc00"])),
        };

    private string By() =>
        Pick(["\"id\"", "[\"id\"]", "\"a\"", "[\"x\", \"a\", \"id\"]", "\"d.e\"", "[\"missing\", \"d.e.f\", \"b\"]"]);

    private string FlagReference(string key) =>
        $"{{\"key\": \"{key}\", \"variant\": {OneOrMany(() => Quoted(Pick(VariantKeys)))}}}";

    private Func<string> Values() =>
        _random.Next(5) switch
        {
            0 => () => "",
            1 => () => Chance(0.3) ? "" : $", \"value\": {(Chance(0.5) ? "true" : "false")}",
            2 => () => Chance(0.3) ? ", \"value\": null" : $", \"value\": {Pick(Numbers)}",
            3 => () => $", \"value\": {Quoted(Pick(OperandTexts))}",
            _ => () => Chance(0.5) ? ", \"value\": {\"a\": [1]}" : ", \"value\": []",
        };

    private string OneOrMany(Func<string> one) =>
        Chance(0.5) ? one() : $"[{string.Join(", ", Enumerable.Range(0, 1 + _random.Next(3)).Select(_ => one()))}]";

    private static string List(string[] keys, Func<string, int, string> element) =>
        $"[{string.Join(", ", keys.Select(element))}]";

    private static string Quoted(string text) => $"\"{text}\"";

    private string[] Some(IReadOnlyList<string> pool, int most)
    {
        string[] shuffled = [.. pool];
        _random.Shuffle(shuffled);
        return shuffled[..Math.Min(most, shuffled.Length)];
    }

    private T Pick<T>(IEnumerable<T> pool)
    {
        var list = pool as IReadOnlyList<T> ?? [.. pool];
        return list[_random.Next(list.Count)];
    }

    private bool Chance(double probability) => _random.NextDouble() < probability;
}
