using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using FeatureFlags.Rules;

namespace FeatureFlags.UnitTests.Rules;

/// <summary>docs/rules.md is true: its tables are those of the code, and its examples do what it says.</summary>
public sealed class DocumentationTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    [Test]
    public void The_table_of_operators_is_that_of_the_code()
    {
        var table = new StringBuilder(
            "| Operator | Operand | Holds when the attribute | Examples |\n|---|---|---|---|\n"
        );
        foreach (var known in Operators.All)
        {
            var examples = known
                .Examples.Take(2)
                .Select(e => $"`{e.Attribute ?? "missing"}` {(e.Holds ? "yes" : "no")} for `{e.Matcher}`");
            table.Append(
                CultureInfo.InvariantCulture,
                $"| `{known.Name}` | {known.Operand.Doc} | {known.Doc} | {string.Join("<br>", examples)} |\n"
            );
        }
        AssertSection("operators", table.ToString().Replace("'", "\"", StringComparison.Ordinal));
    }

    [Test]
    public void The_table_of_limits_is_that_of_the_code()
    {
        var table = new StringBuilder("| Limit | |\n|---|---:|\n");
        foreach (var limit in Limits.All)
            table.Append(CultureInfo.InvariantCulture, $"| {limit.Meaning} | {limit.Value:N0} |\n");
        AssertSection("limits", table.ToString());
    }

    [Test]
    public void Every_limit_is_in_the_table()
    {
        var constants = typeof(Limits).GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral);

        Assert.That(Limits.All.Select(limit => limit.Name), Is.EquivalentTo(constants.Select(f => f.Name)));
        Assert.That(
            constants,
            Has.All.Matches<FieldInfo>(f =>
                Limits.All.Single(l => l.Name == f.Name).Value.Equals(f.GetRawConstantValue())
            )
        );
    }

    [Test]
    public void The_examples_do_what_the_page_says()
    {
        var examples = Regex.Matches(
            File.ReadAllText(PathOf("rules.md")),
            @"(?<checks>(?:<!-- (?:flag|holds: [^\n]*|fails: [^\n]*) -->\n)+)```json\n(?<json>.*?)```",
            RegexOptions.Singleline,
            Bound
        );
        Assert.That(examples, Has.Count.GreaterThan(7));

        foreach (Match example in examples)
        {
            var json = example.Groups["json"].Value;
            foreach (var check in example.Groups["checks"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (check.Contains("flag", StringComparison.Ordinal))
                {
                    Assert.That(Given.ProblemsOf(json), Is.Empty);
                    continue;
                }
                var attributes = check["<!-- holds: ".Length..^" -->".Length];
                var holds = check.Contains("holds", StringComparison.Ordinal);
                Assert.That(Given.Holds(json, attributes), Is.EqualTo(holds), $"{json} for {attributes}");
            }
        }
    }

    /// <summary>With UPDATE_DOCS set the section is written rather than compared, except on a build server.</summary>
    private static void AssertSection(string name, string expected)
    {
        var path = PathOf("rules.md");
        var page = File.ReadAllText(path);
        var section = new Regex(
            $"(?<=<!-- {name}: [^\n]*-->\n).*?(?=<!-- /{name} -->)",
            RegexOptions.Singleline,
            Bound
        );
        if (
            Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1"
            && Environment.GetEnvironmentVariable("CI") != "true"
        )
            File.WriteAllText(path, section.Replace(page, expected.Replace("$", "$$", StringComparison.Ordinal), 1));
        else
            Assert.That(
                section.Match(page).Value,
                Is.EqualTo(expected),
                "docs/rules.md is stale: run this test with UPDATE_DOCS=1"
            );
    }

    private static string PathOf(string name, [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "../../../docs", name);
}
