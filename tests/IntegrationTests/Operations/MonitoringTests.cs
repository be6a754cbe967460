using System.Text.Json;
using System.Text.RegularExpressions;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Operations;

/// <summary>The dashboard and the alerts ask for what the service tells.</summary>
[Parallelizable]
internal sealed class MonitoringTests
{
    private const string Dashboard = "deploy/grafana/featureflags.json";
    private const string Alerts = "deploy/prometheus/alerts.yml";
    private const string Handbook = "docs/operations.md";

    private const RegexOptions Linear = RegexOptions.NonBacktracking;

    private static readonly Regex Declaration = new(
        """Create(?<kind>Counter|Gauge|Histogram)\(\s*"(?<name>\w+)" """.TrimEnd(),
        Linear
    );

    /// <summary>An alert's expression is the rest of its line, or the deeper lines below.</summary>
    private static readonly Regex AlertExpression = new(@"\bexpr: (?:\|\n(?<e>(?: {10}.+\n)+)|(?<e>.+)\n)", Linear);

    /// <summary>The first column of the table of what is worth an alert.</summary>
    private static readonly Regex HandbookExpression = new(@"^\| `(?<e>[a-z][^`]+)`", Linear | RegexOptions.Multiline);

    /// <summary>What is no metric's name: texts, labels, durations, functions with what they group by, operators.</summary>
    private static readonly Regex OtherThanMetrics = new(
        """ "[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b\w+ *(?:by *\([^)]*\) *)?\(|\b(?:and|or|unless)\b|\d\w* """.Trim(),
        Linear
    );

    [TestCase(Dashboard)]
    [TestCase(Alerts)]
    [TestCase(Handbook)]
    public void Every_metric_that_is_asked_for_exists(string document)
    {
        var asked = Expressions(document).SelectMany(MetricsOf).ToHashSet();

        Assert.That(asked, Has.Count.GreaterThan(10));
        Assert.That(asked.Except(Declared()), Is.Empty);
    }

    [Test]
    public async Task The_alerts_are_raised_by_what_they_are_for()
    {
        Tool.Require("promtool", package: "prometheus");

        var (exitCode, output) = await Tool.Run(
            "promtool",
            "test",
            "rules",
            Repository.File("deploy/prometheus/alerts.test.yml")
        );

        Assert.That(exitCode, Is.Zero, output);
    }

    [Test]
    public void Every_alert_has_a_test()
    {
        var tests = Text("deploy/prometheus/alerts.test.yml");
        var alerts = Regex.Matches(Text(Alerts), @"alert: (\w+)", Linear).Select(m => m.Groups[1].Value).ToList();

        Assert.That(alerts, Is.Not.Empty);
        Assert.That(
            alerts.Where(alert => !tests.Contains($"alertname: {alert}\n", StringComparison.Ordinal)),
            Is.Empty
        );
    }

    private static IEnumerable<string> Expressions(string document) =>
        document switch
        {
            Dashboard => Queries(JsonElement.Parse(Text(document))),
            Alerts => AlertExpression.Matches(Text(document)).Select(m => m.Groups["e"].Value),
            _ => HandbookExpression.Matches(Watch()).Select(m => m.Groups["e"].Value),
        };

    private static IEnumerable<string> Queries(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Array => element.EnumerateArray().SelectMany(Queries),
            JsonValueKind.Object => element
                .EnumerateObject()
                .SelectMany(member => member.NameEquals("expr") ? [member.Value.GetString()!] : Queries(member.Value)),
            _ => [],
        };

    private static IEnumerable<string> MetricsOf(string expression) =>
        Regex.Matches(OtherThanMetrics.Replace(expression, " "), @"\b[a-z]\w+", Linear).Select(m => m.Value);

    private static HashSet<string> Declared()
    {
        var sources = Directory.EnumerateFiles(Repository.File("src"), "*.cs", SearchOption.AllDirectories);
        // What Prometheus and its library add.
        HashSet<string> names =
        [
            "up",
            "dotnet_collection_count_total",
            "dotnet_total_memory_bytes",
            "process_cpu_seconds_total",
            "process_open_handles",
            "process_working_set_bytes",
        ];
        foreach (var declaration in sources.SelectMany(file => Declaration.Matches(File.ReadAllText(file))))
        {
            var name = declaration.Groups["name"].Value;
            if (declaration.Groups["kind"].Value == "Histogram")
                names.UnionWith([$"{name}_bucket", $"{name}_sum", $"{name}_count"]);
            else
                names.Add(name);
        }
        return names;
    }

    private static string Watch()
    {
        var handbook = Text(Handbook);
        var start = handbook.IndexOf("## Watch\n", StringComparison.Ordinal);
        return handbook[start..handbook.IndexOf("\n## ", start + 1, StringComparison.Ordinal)];
    }

    private static string Text(string document) => File.ReadAllText(Repository.File(document));
}
