using System.Text.RegularExpressions;

namespace FeatureFlags.ArchitectureTests;

/// <summary>What is read by people stays short enough to be read.</summary>
internal static partial class DocumentRules
{
    private const int AdrLines = 40;

    private static readonly string[] AdrParts = ["Context", "Options", "Decision", "Consequences", "Enforced by"];

    public static IReadOnlyList<string> TooLong(string name, string text, int fewerThan)
    {
        var lines = text.TrimEnd().Split('\n').Length;
        return lines < fewerThan ? [] : [$"{name} has {lines} lines, and {fewerThan} are too many"];
    }

    /// <summary>Decisions that are not written down in the form of the others.</summary>
    public static IReadOnlyList<string> IncompleteDecisions(
        IReadOnlyCollection<(string Name, string Text)> decisions
    ) =>
        Findings.In(
            decisions,
            decision =>
            {
                var (name, text) = decision;
                var number = int.Parse(name.AsSpan(0, 4), System.Globalization.CultureInfo.InvariantCulture);
                var title = text.StartsWith($"# {number}. ", StringComparison.Ordinal)
                    ? Enumerable.Empty<string>()
                    : [$"{name} does not begin with '# {number}. '"];
                var parts = Part().Matches(text).Select(part => part.Groups["name"].Value);
                var form = parts.SequenceEqual(AdrParts)
                    ? Enumerable.Empty<string>()
                    : [$"{name} has not the parts {string.Join(", ", AdrParts)}, in this order"];
                return title.Concat(form).Concat(TooLong(name, text, AdrLines + 1));
            }
        );

    [GeneratedRegex(@"^\*\*(?<name>[^*]+)\.\*\* ", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Part();
}
