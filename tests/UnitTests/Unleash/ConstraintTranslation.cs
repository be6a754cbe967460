using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.UnitTests.Unleash;

/// <summary>
/// Unleash's constraints as conditions. A constraint whose operand its clients can't read holds for nobody there; here
/// it could not be written, so it becomes a condition that never holds.
/// </summary>
internal static class ConstraintTranslation
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    // As semver.org has it: neither a leading v nor missing parts, which our operators would take.
    private static readonly Regex StrictVersion = new(
        @"\A(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?\z",
        RegexOptions.None,
        Bound
    );

    // Within brackets RE2 knows the classes of POSIX by name.
    private static readonly Dictionary<string, string> PosixClasses = new(StringComparer.Ordinal)
    {
        ["[:alnum:]"] = "0-9A-Za-z",
        ["[:alpha:]"] = "A-Za-z",
        ["[:blank:]"] = @"\t ",
        ["[:digit:]"] = "0-9",
        ["[:lower:]"] = "a-z",
        ["[:space:]"] = @"\t\n\v\f\r ",
        ["[:upper:]"] = "A-Z",
        ["[:word:]"] = "0-9A-Za-z_",
        ["[:xdigit:]"] = "0-9A-Fa-f",
    };

    /// <summary>What each operator of Unleash is here.</summary>
    public static IReadOnlyDictionary<string, Func<Constraint, JsonObject>> Operators { get; } =
        new Dictionary<string, Func<Constraint, JsonObject>>(StringComparer.Ordinal)
        {
            ["IN"] = IsIn,
            // Holds for a missing attribute too, so it is no not_in.
            ["NOT_IN"] = constraint => Conditions.Not(IsIn(constraint)),
            ["STR_STARTS_WITH"] = constraint => Text(constraint, "starts_with"),
            ["STR_ENDS_WITH"] = constraint => Text(constraint, "ends_with"),
            ["STR_CONTAINS"] = constraint => Text(constraint, "contains"),
            ["NUM_EQ"] = constraint => Number(constraint, "gte", "lte"),
            ["NUM_GT"] = constraint => Number(constraint, "gt"),
            ["NUM_GTE"] = constraint => Number(constraint, "gte"),
            ["NUM_LT"] = constraint => Number(constraint, "lt"),
            ["NUM_LTE"] = constraint => Number(constraint, "lte"),
            ["DATE_AFTER"] = constraint => IfAccepted(constraint, new JsonObject { ["after"] = constraint.Value }),
            ["DATE_BEFORE"] = constraint => IfAccepted(constraint, new JsonObject { ["before"] = constraint.Value }),
            ["SEMVER_EQ"] = constraint => Version(constraint, "semver_eq"),
            ["SEMVER_GT"] = constraint => Version(constraint, "semver_gt"),
            ["SEMVER_GTE"] = constraint => Version(constraint, "semver_gte"),
            ["SEMVER_LT"] = constraint => Version(constraint, "semver_lt"),
            ["SEMVER_LTE"] = constraint => Version(constraint, "semver_lte"),
            ["REGEX"] = Matches,
            ["IN_CIDR"] = constraint => InNetworks(constraint.Path, constraint.Values),
        };

    public static JsonObject Of(JsonElement constraint)
    {
        // Its clients take an operator they do not know for one that does not hold, inverted or not.
        if (!Operators.TryGetValue(constraint.TextOf("operator") ?? "", out var translate))
            return Conditions.Never();

        var condition = translate(Constraint.Of(constraint));
        return constraint.IsTrue("inverted") ? Conditions.Not(condition) : condition;
    }

    /// <summary>An address among these, which are addresses or networks; what is neither is passed over.</summary>
    public static JsonObject InNetworks(string path, IEnumerable<string> texts)
    {
        var networks = texts
            .Select(text =>
                text.Contains('/', StringComparison.Ordinal) ? text
                : text.Contains(':', StringComparison.Ordinal) ? $"{text}/128"
                : $"{text}/32"
            )
            .Where(network => IsAccepted(Conditions.Attribute(path, new JsonObject { ["ip_in"] = network })))
            .ToArray();
        return networks is []
            ? Conditions.Never()
            : Conditions.Attribute(path, new JsonObject { ["ip_in"] = Conditions.Texts(networks) });
    }

    private static JsonObject IsIn(Constraint constraint) =>
        constraint.Values is []
            ? Conditions.Never()
            : Conditions.Attribute(constraint.Path, new JsonObject { ["in"] = Conditions.Texts(constraint.Values) });

    private static JsonObject Text(Constraint constraint, string name) =>
        constraint.Values is []
            ? Conditions.Never()
            : Conditions.Attribute(
                constraint.Path,
                CaseOf(constraint, new JsonObject { [name] = Conditions.Texts(constraint.Values) })
            );

    // Context fields of Unleash are text.
    private static JsonObject Number(Constraint constraint, params ReadOnlySpan<string> names)
    {
        if (
            !double.TryParse(constraint.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            || !double.IsFinite(number)
        )
            return Conditions.Never();

        var matcher = new JsonObject { ["numeric"] = true };
        foreach (var name in names)
            matcher[name] = number;
        return Conditions.Attribute(constraint.Path, matcher);
    }

    private static JsonObject Version(Constraint constraint, string name) =>
        StrictVersion.IsMatch(constraint.Value)
            ? Conditions.Attribute(constraint.Path, new JsonObject { [name] = constraint.Value })
            : Conditions.Never();

    private static JsonObject Matches(Constraint constraint)
    {
        var pattern = PosixClasses.Aggregate(
            constraint.Value,
            (text, known) => text.Replace(known.Key, known.Value, StringComparison.Ordinal)
        );
        return IfAccepted(constraint, CaseOf(constraint, new JsonObject { ["matches"] = pattern }));
    }

    private static JsonObject CaseOf(Constraint constraint, JsonObject matcher)
    {
        if (constraint.IgnoresCase)
            matcher["ignore_case"] = true;
        return matcher;
    }

    private static JsonObject IfAccepted(Constraint constraint, JsonObject matcher)
    {
        var condition = Conditions.Attribute(constraint.Path, matcher);
        return IsAccepted(condition) ? condition : Conditions.Never();
    }

    private static bool IsAccepted(JsonObject condition)
    {
        var problems = new Problems();
        var body = JsonSerializer.SerializeToElement(new { criteria = condition });
        return SegmentDefinition.Read("probe", JsonObjectReader.Over(body, "", problems)!, problems) is not null;
    }
}

/// <param name="Path">The attribute.</param>
/// <param name="Values">The operand of operators that take several.</param>
/// <param name="Value">That of those that take one.</param>
/// <param name="IgnoresCase">Whether texts are compared without case.</param>
internal sealed record Constraint(string Path, IReadOnlyList<string> Values, string Value, bool IgnoresCase)
{
    public static Constraint Of(JsonElement constraint) =>
        new(
            PathOf(constraint.TextOf("contextName")!),
            [
                .. constraint
                    .ArrayOf("values")
                    .Select(value => value.GetString()!.Trim())
                    .Where(value => value is not ""),
            ],
            constraint.TextOf("value") ?? "",
            constraint.IsTrue("caseInsensitive")
        );

    /// <summary>Where a field of Unleash's context is found here: all are attributes but the user's id.</summary>
    public static string PathOf(string field) => field == "userId" ? "id" : field;
}
