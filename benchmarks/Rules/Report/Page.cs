using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using FeatureFlags.Benchmarks.Rules.Comparisons;
using FeatureFlags.Benchmarks.Rules.Scaling;

namespace FeatureFlags.Benchmarks.Rules.Report;

/// <summary>Writes what was measured into docs/performance.md, between its marks, and draws its picture.</summary>
internal sealed partial class Page(string root, Results results)
{
    private const string FeatureManagement = "Microsoft.FeatureManagement";

    private readonly string _path = Path.Combine(root, "docs", "performance.md");

    public void Write()
    {
        var rules = results.Of(typeof(RuleCountBenchmarks));
        var flags = results.Of(typeof(FlagCountBenchmarks));
        var attributes = results.Of(typeof(AttributeCountBenchmarks));
        var segments = results.Of(typeof(SegmentSizeBenchmarks));
        Dictionary<string, string> sections = new(StringComparer.Ordinal)
        {
            ["three-clauses"] = Comparison(typeof(ThreeClausesBenchmarks)),
            ["hundred-flags"] = Comparison(typeof(HundredFlagsBenchmarks)),
            ["on-off"] = Comparison(typeof(OnOffBenchmarks)),
            ["conditions"] = Table("Condition", results.Of(typeof(ConditionBenchmarks))),
            ["rules"] = Growth("Rules looked at", rules),
            ["flags"] = Growth("Flags of the tenant", flags),
            ["attributes"] = Growth("Attributes of the user", attributes),
            ["segments"] = Growth("Members of the segment", segments),
            ["compile"] = Table("What", results.Of(typeof(CompileBenchmarks))),
            ["memory"] = Held(Memory.Measure()),
            ["conditions-of-measurement"] = $"{results.Conditions}.\n",
        };
        var page = File.ReadAllText(_path);
        File.WriteAllText(_path, Section().Replace(page, match => Filled(match, sections)));

        var chart = new Chart(
            new Panel("Rules looked at", "rules", rules),
            new Panel("Flags of the tenant", "flags", flags),
            new Panel("Attributes of the user", "attributes", attributes),
            new Panel("Members of the segment", "ids", segments)
        );
        File.WriteAllText(Path.Combine(root, "docs", "images", "performance.svg"), chart.Svg());
    }

    private static string Filled(Match match, Dictionary<string, string> sections) =>
        sections.TryGetValue(match.Groups["name"].Value, out var text)
            ? $"{match.Groups["start"]}{text}{match.Groups["end"]}"
            : throw new InvalidOperationException(
                $"Nothing is known to fill in at {match.Groups["start"].Value.Trim()}"
            );

    private string Comparison(Type benchmarks)
    {
        var rows = results.Of(benchmarks);
        var floor = rows[0].Title.StartsWith("Hand-written", StringComparison.Ordinal) ? rows[0] : null;
        var peer = rows.Single(row => row.Title == FeatureManagement);
        var table = new StringBuilder();
        table.Append("| | Time | ÷ hand-written | ÷ ").Append(FeatureManagement).Append(" | Allocated |\n");
        table.Append("|---|---:|---:|---:|---:|\n");
        foreach (var row in rows)
        {
            var toFloor = floor is null ? "–" : Unit.Ratio(row.Nanoseconds / floor.Nanoseconds);
            var toPeer = Unit.Ratio(row.Nanoseconds / peer.Nanoseconds);
            table.Append(CultureInfo.InvariantCulture, $"| {row.Title} | {Time(row)} | {toFloor} | {toPeer} | ");
            table.Append(CultureInfo.InvariantCulture, $"{Unit.Size(row.Bytes)} |\n");
        }
        return table.ToString();
    }

    private static string Table(string heading, IEnumerable<Measurement> rows)
    {
        var table = new StringBuilder($"| {heading} | Time | Allocated |\n|---|---:|---:|\n");
        foreach (var row in rows)
            table.Append(CultureInfo.InvariantCulture, $"| {row.Title} | {Time(row)} | {Unit.Size(row.Bytes)} |\n");
        return table.ToString();
    }

    /// <summary>A row per size, a column per benchmark.</summary>
    private static string Growth(string heading, IReadOnlyList<Measurement> measurements)
    {
        var columns = measurements.Select(m => m.Title).Distinct().ToArray();
        var table = new StringBuilder($"| {heading} |");
        table.AppendJoin("", columns.Select(column => $" {char.ToUpperInvariant(column[0])}{column[1..]} |"));
        table.Append("\n|---:|").AppendJoin("", columns.Select(_ => "---:|")).Append('\n');
        foreach (var row in measurements.GroupBy(m => m.Size))
        {
            table.Append(CultureInfo.InvariantCulture, $"| {Unit.Count(row.Key)} |");
            table
                .AppendJoin("", columns.Select(column => $" {Time(row.Single(m => m.Title == column))} |"))
                .Append('\n');
        }
        return table.ToString();
    }

    private static string Held(IEnumerable<(string Held, double Bytes)> rows)
    {
        var table = new StringBuilder("| What is held | Each |\n|---|---:|\n");
        foreach (var (held, bytes) in rows)
            table.Append(CultureInfo.InvariantCulture, $"| {held} | {bytes:N0} B |\n");
        return table.ToString();
    }

    private static string Time(Measurement measurement) =>
        $"{Unit.Time(measurement.Nanoseconds)} ± {measurement.Spread / measurement.Nanoseconds * 100:N0} %";

    [GeneratedRegex(
        @"(?<start><!-- (?<name>[a-z-]+): [^\n]*-->\n).*?(?<end><!-- /\k<name> -->)",
        RegexOptions.Singleline,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Section();
}
