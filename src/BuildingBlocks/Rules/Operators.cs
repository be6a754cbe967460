using FeatureFlags.Rules.Engine;
using FeatureFlags.Rules.Operands;

namespace FeatureFlags.Rules;

/// <summary>
/// Every operator of the rules language. An entry here is all an operator takes: validation, evaluation, the table in
/// the documentation, the API document's schema and the tests read it.
/// </summary>
public static class Operators
{
    private static readonly Operator Eq = Operator.Of(
        "eq",
        Family.Any,
        OperandTypes.Scalar,
        "equals the operand, in type too",
        set => set.Ask,
        new Example("'CA'", "{'eq': 'CA'}", true),
        new Example("'ca'", "{'eq': 'CA'}", false),
        new Example("'ca'", "{'eq': 'CA', 'ignore_case': true}", true),
        new Example("1", "{'eq': 1.0}", true),
        new Example("'1'", "{'eq': 1}", false),
        new Example("['US', 'CA']", "{'eq': 'CA'}", true),
        new Example(null, "{'eq': 'CA'}", false)
    );

    private static readonly Operator In = Operator.Of(
        "in",
        Family.Any,
        OperandTypes.Scalars,
        "equals any of the list",
        set => set.Ask,
        new Example("'CA'", "{'in': ['CA', 'US']}", true),
        new Example("3", "{'in': ['3', 4]}", false),
        new Example("['FR', 'US']", "{'in': ['CA', 'US']}", true),
        new Example("null", "{'in': ['CA', 'US']}", false)
    );

    private static readonly Operator Contains = Operator.Of(
        "contains",
        Family.Text,
        OperandTypes.Texts,
        "contains the text, or any of the list",
        texts => OnText(texts, (text, part, comparison) => text.Contains(part, comparison)),
        new Example("'ann@acme.com'", "{'contains': '@acme.'}", true),
        new Example("'ann@acme.com'", "{'contains': '@ACME.'}", false),
        new Example("'ann@acme.com'", "{'contains': '@ACME.', 'ignore_case': true}", true),
        new Example("['x', 'abc']", "{'contains': ['b', 'q']}", true),
        new Example("5", "{'contains': '5'}", false)
    );

    private static readonly Operator StartsWith = Operator.Of(
        "starts_with",
        Family.Text,
        OperandTypes.Texts,
        "starts with the text, or any of the list",
        texts => OnText(texts, (text, part, comparison) => text.StartsWith(part, comparison)),
        new Example("'abc'", "{'starts_with': 'ab'}", true),
        new Example("'abc'", "{'starts_with': 'AB'}", false),
        new Example("'abc'", "{'starts_with': ['x', 'AB'], 'ignore_case': true}", true)
    );

    private static readonly Operator EndsWith = Operator.Of(
        "ends_with",
        Family.Text,
        OperandTypes.Texts,
        "ends with the text, or any of the list",
        texts => OnText(texts, (text, part, comparison) => text.EndsWith(part, comparison)),
        new Example("'ann@acme.com'", "{'ends_with': ['.com', '.org']}", true),
        new Example("'ann@acme.net'", "{'ends_with': ['.com', '.org']}", false)
    );

    private static readonly Operator Matches = Operator.Of(
        "matches",
        Family.Text,
        OperandTypes.Patterns,
        "holds the regular expression anywhere, or any of the list",
        patterns => OnText(text => IsMatch(patterns, text)),
        new Example("'build-1234'", @"{'matches': '^build-\\d+$'}", true),
        new Example("'the build-12'", @"{'matches': '^build-\\d+$'}", false),
        new Example("'a BUILD'", "{'matches': 'build', 'ignore_case': true}", true)
    );

    private static readonly Operator SemverEq = Operator.Of(
        "semver_eq",
        Family.Version,
        OperandTypes.Versions,
        "is the version, or any of the list; build metadata is ignored",
        versions => OnVersion((in SemanticVersion version) => IsAny(versions, version)),
        new Example("'v1.2.0'", "{'semver_eq': '1.2'}", true),
        new Example("'1.2.0+build.7'", "{'semver_eq': ['1.1.0', '1.2.0']}", true),
        new Example("'1.2.0-rc.1'", "{'semver_eq': '1.2.0'}", false)
    );

    /// <summary>In the order of the documentation.</summary>
    public static IReadOnlyList<Operator> All { get; } =
    [
        Eq,
        Eq.Negated(
            "neq",
            "is there and does not equal the operand",
            new Example("'US'", "{'neq': 'CA'}", true),
            new Example("'1'", "{'neq': 1}", true),
            new Example("['US', 'CA']", "{'neq': 'CA'}", false),
            new Example("[]", "{'neq': 'CA'}", true),
            new Example(null, "{'neq': 'CA'}", false)
        ),
        In,
        In.Negated(
            "not_in",
            "is there and equals none of the list",
            new Example("'FR'", "{'not_in': ['CA', 'US']}", true),
            new Example("'CA'", "{'not_in': ['CA', 'US']}", false),
            new Example("{'a': 1}", "{'not_in': ['CA', 'US']}", false),
            new Example(null, "{'not_in': ['CA', 'US']}", false)
        ),
        Operator.OfWhole(
            "exists",
            Family.Any,
            OperandTypes.Boolean,
            "is there and not null (`true`), or is not (`false`)",
            wanted => (in AttributeValue value) => Is(value.Kind != ValueKind.Missing == wanted),
            new Example("''", "{'exists': true}", true),
            new Example("null", "{'exists': true}", false),
            new Example(null, "{'exists': false}", true)
        ),
        Contains,
        Contains.Negated(
            "not_contains",
            "is text that contains none of them",
            new Example("'abc'", "{'not_contains': ['x', 'y']}", true),
            new Example("'abc'", "{'not_contains': ['x', 'b']}", false),
            new Example("5", "{'not_contains': 'x'}", false),
            new Example("['a', 'x']", "{'not_contains': 'x'}", false)
        ),
        StartsWith,
        StartsWith.Negated(
            "not_starts_with",
            "is text that starts with none of them",
            new Example("'abc'", "{'not_starts_with': 'b'}", true),
            new Example("'abc'", "{'not_starts_with': ['b', 'a']}", false)
        ),
        EndsWith,
        EndsWith.Negated(
            "not_ends_with",
            "is text that ends with none of them",
            new Example("'abc'", "{'not_ends_with': 'b'}", true),
            new Example("'abc'", "{'not_ends_with': 'bc'}", false)
        ),
        Matches,
        Matches.Negated(
            "not_matches",
            "is text that holds none of them",
            new Example("'abc'", "{'not_matches': '^b'}", true),
            new Example("'abc'", "{'not_matches': ['^b', 'c$']}", false),
            new Example("true", "{'not_matches': '^b'}", false)
        ),
        Operator.Of(
            "gt",
            Family.Number,
            OperandTypes.Number,
            "is greater than the number",
            threshold => OnNumber(threshold, (number, limit) => number > limit),
            new Example("3", "{'gt': 2.5}", true),
            new Example("'3'", "{'gt': 2.5}", false),
            new Example("'3'", "{'gt': 2.5, 'numeric': true}", true),
            new Example("'1e3'", "{'gt': 2.5, 'numeric': true}", false)
        ),
        Operator.Of(
            "gte",
            Family.Number,
            OperandTypes.Number,
            "is the number or greater",
            threshold => OnNumber(threshold, (number, limit) => number >= limit),
            new Example("3", "{'gte': 3, 'lt': 4}", true),
            new Example("[1, 4]", "{'gte': 3, 'lt': 4}", true),
            new Example("2.99", "{'gte': 3}", false)
        ),
        Operator.Of(
            "lt",
            Family.Number,
            OperandTypes.Number,
            "is less than the number",
            threshold => OnNumber(threshold, (number, limit) => number < limit),
            new Example("-0.5", "{'lt': 0}", true),
            new Example("0", "{'lt': 0}", false)
        ),
        Operator.Of(
            "lte",
            Family.Number,
            OperandTypes.Number,
            "is the number or less",
            threshold => OnNumber(threshold, (number, limit) => number <= limit),
            new Example("18", "{'lte': 18}", true),
            new Example("true", "{'lte': 18}", false)
        ),
        Operator.Of(
            "before",
            Family.Time,
            OperandTypes.Time,
            "is an earlier time",
            moment => OnTime(ticks => ticks < moment),
            new Example("'2026-01-31T23:59:59+01:00'", "{'before': '2026-02-01'}", true),
            new Example("1769904000000", "{'before': '2026-02-01'}", false),
            new Example("'yesterday'", "{'before': '2026-02-01'}", false)
        ),
        Operator.Of(
            "after",
            Family.Time,
            OperandTypes.Time,
            "is a later time",
            moment => OnTime(ticks => ticks > moment),
            new Example("'2026-02-01T00:00:00.001Z'", "{'after': '2026-02-01'}", true),
            new Example("'2026-02-01'", "{'after': 1769904000000}", false)
        ),
        SemverEq,
        SemverEq.Negated(
            "semver_neq",
            "is a version, and none of them",
            new Example("'2.0.0'", "{'semver_neq': ['1.0.0', '1.1.0']}", true),
            new Example("'1.0'", "{'semver_neq': ['1.0.0', '1.1.0']}", false),
            new Example("'latest'", "{'semver_neq': '1.0.0'}", false)
        ),
        Operator.Of(
            "semver_gt",
            Family.Version,
            OperandTypes.Version,
            "is a later version",
            limit => OnVersion((in SemanticVersion version) => version.CompareTo(limit) > 0),
            new Example("'1.10.0'", "{'semver_gt': '1.9'}", true),
            new Example("'2.0.0-rc.1'", "{'semver_gt': '2.0.0'}", false)
        ),
        Operator.Of(
            "semver_gte",
            Family.Version,
            OperandTypes.Version,
            "is the version or a later one",
            limit => OnVersion((in SemanticVersion version) => version.CompareTo(limit) >= 0),
            new Example("'V2'", "{'semver_gte': '2.0.0'}", true),
            new Example("'02.0.0'", "{'semver_gte': '1.0.0'}", false)
        ),
        Operator.Of(
            "semver_lt",
            Family.Version,
            OperandTypes.Version,
            "is an earlier version",
            limit => OnVersion((in SemanticVersion version) => version.CompareTo(limit) < 0),
            new Example("'1.0.0-alpha.2'", "{'semver_lt': '1.0.0-alpha.10'}", true),
            new Example("'1.0.0'", "{'semver_lt': '1.0.0-rc.1'}", false)
        ),
        Operator.Of(
            "semver_lte",
            Family.Version,
            OperandTypes.Version,
            "is the version or an earlier one",
            limit => OnVersion((in SemanticVersion version) => version.CompareTo(limit) <= 0),
            new Example("'1.0.0+7'", "{'semver_lte': '1.0.0'}", true),
            new Example("'1.0.1'", "{'semver_lte': '1.0'}", false)
        ),
        Operator.Of(
            "semver_tilde",
            Family.Version,
            OperandTypes.Version,
            "is the version or a later patch of the same minor; of a major alone, any of that major",
            from => OnVersion((in SemanticVersion version) => version.IsWithin(from, from.FixedByTilde)),
            new Example("'1.2.9'", "{'semver_tilde': '1.2.3'}", true),
            new Example("'1.3.0'", "{'semver_tilde': '1.2.3'}", false),
            new Example("'1.9.0'", "{'semver_tilde': '1'}", true)
        ),
        Operator.Of(
            "semver_caret",
            Family.Version,
            OperandTypes.Version,
            "is the version or a later one with the same parts up to the first that is not 0",
            from => OnVersion((in SemanticVersion version) => version.IsWithin(from, from.FixedByCaret)),
            new Example("'1.9.0'", "{'semver_caret': '1.2.3'}", true),
            new Example("'2.0.0-alpha'", "{'semver_caret': '1.2.3'}", false),
            new Example("'0.3.0'", "{'semver_caret': '0.2.3'}", false),
            new Example("'0.9.1'", "{'semver_caret': '0'}", true)
        ),
        Operator.OfWhole(
            "has_any",
            Family.List,
            OperandTypes.Scalars,
            "is a list that holds any of them",
            set => OnList((values) => HasAny(values, set)),
            new Example("['a', 'b']", "{'has_any': ['b', 'c']}", true),
            new Example("'b'", "{'has_any': ['b', 'c']}", false),
            new Example("[]", "{'has_any': ['b']}", false)
        ),
        Operator.OfWhole(
            "has_all",
            Family.List,
            OperandTypes.Scalars,
            "is a list that holds all of them",
            set => OnList(set.IsWithin),
            new Example("['a', 'b', 1]", "{'has_all': ['b', 1]}", true),
            new Example("['a', 'b']", "{'has_all': ['b', 'c']}", false)
        ),
        Operator.OfWhole(
            "size_eq",
            Family.List,
            OperandTypes.Size,
            "is a list of that many elements",
            size => OnList(values => values.Length == size),
            new Example("['a', null]", "{'size_eq': 2}", true),
            new Example("'ab'", "{'size_eq': 2}", false)
        ),
        Operator.OfWhole(
            "size_gt",
            Family.List,
            OperandTypes.Size,
            "is a list of more elements",
            size => OnList(values => values.Length > size),
            new Example("[1]", "{'size_gt': 0}", true),
            new Example("[]", "{'size_gt': 0}", false)
        ),
        Operator.OfWhole(
            "size_lt",
            Family.List,
            OperandTypes.Size,
            "is a list of fewer elements",
            size => OnList(values => values.Length < size),
            new Example("[]", "{'size_lt': 1}", true),
            new Example(null, "{'size_lt': 1}", false)
        ),
        Operator.Of(
            "ip_in",
            Family.Network,
            OperandTypes.Networks,
            "is an address in the block, or in any of the list",
            networks => OnAddress((in IpAddress address) => IsInAny(networks, address)),
            new Example("'10.1.2.3'", "{'ip_in': '10.0.0.0/8'}", true),
            new Example("'2001:db8::1'", "{'ip_in': ['10.0.0.0/8', '2001:db8::/32']}", true),
            new Example("'::ffff:10.0.0.1'", "{'ip_in': '10.0.0.0/8'}", true),
            new Example("'10.0.0.1'", "{'ip_in': '::/0'}", false)
        ),
    ];

    private static readonly Dictionary<string, Operator> ByName = All.ToDictionary(o => o.Name, StringComparer.Ordinal);

    public static Operator? Find(string name) => ByName.GetValueOrDefault(name);

    private delegate bool VersionTest(in SemanticVersion version);

    private delegate bool AddressTest(in IpAddress address);

    private delegate bool ListTest(ReadOnlySpan<AttributeValue> values);

    private static Outcome Is(bool holds) => holds ? Outcome.Yes : Outcome.No;

    private static Test OnText(Func<string, bool> holds) =>
        (in AttributeValue value) => value.Kind == ValueKind.Text ? Is(holds(value.Text)) : Outcome.WrongType;

    private static Test OnText(Texts texts, Func<string, string, StringComparison, bool> holds) =>
        OnText(text =>
        {
            foreach (var part in texts.Any)
            {
                if (holds(text, part, texts.Comparison))
                    return true;
            }
            return false;
        });

    private static Test OnNumber(Threshold threshold, Func<double, double, bool> holds) =>
        (in AttributeValue value) =>
        {
            if (value.Kind == ValueKind.Number)
                return Is(holds(value.Number, threshold.Number));
            if (threshold.Numeric && value.Kind == ValueKind.Text && DecimalText.TryParse(value.Text, out var number))
                return Is(holds(number, threshold.Number));
            return Outcome.WrongType;
        };

    private static Test OnTime(Func<long, bool> holds) =>
        (in AttributeValue value) => Timestamp.TryRead(value, out var ticks) ? Is(holds(ticks)) : Outcome.WrongType;

    private static Test OnVersion(VersionTest holds) =>
        (in AttributeValue value) =>
            value.Kind == ValueKind.Text && SemanticVersion.TryParse(value.Text, out var version)
                ? Is(holds(version))
                : Outcome.WrongType;

    private static Test OnAddress(AddressTest holds) =>
        (in AttributeValue value) =>
            value.Kind == ValueKind.Text && IpAddress.TryParse(value.Text, out var address)
                ? Is(holds(address))
                : Outcome.WrongType;

    private static Test OnList(ListTest holds) =>
        (in AttributeValue value) =>
            value.Kind switch
            {
                ValueKind.List => Is(holds(value.List)),
                ValueKind.Missing => Outcome.Missing,
                _ => Outcome.WrongType,
            };

    private static bool HasAny(ReadOnlySpan<AttributeValue> values, ScalarSet set)
    {
        foreach (ref readonly var value in values)
        {
            if (set.Ask(value) == Outcome.Yes)
                return true;
        }
        return false;
    }

    private static bool IsMatch(Pattern[] patterns, string text)
    {
        foreach (var pattern in patterns)
        {
            if (pattern.IsMatch(text))
                return true;
        }
        return false;
    }

    private static bool IsAny(SemanticVersion[] versions, in SemanticVersion version)
    {
        foreach (ref readonly var candidate in versions.AsSpan())
        {
            if (version.CompareTo(candidate) == 0)
                return true;
        }
        return false;
    }

    private static bool IsInAny(IpNetwork[] networks, in IpAddress address)
    {
        foreach (ref readonly var network in networks.AsSpan())
        {
            if (network.Contains(address))
                return true;
        }
        return false;
    }
}
