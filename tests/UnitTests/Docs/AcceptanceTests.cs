using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace FeatureFlags.UnitTests.Docs;

/// <summary>What the documents point to is there: a test by its name, a file by its link.</summary>
internal sealed class AcceptanceTests
{
    private static readonly string Root = RootOf();

    private static readonly Regex TestName = new(
        @"`(?<class>[A-Z]\w*Tests)(\.(?<method>\w+))?`",
        RegexOptions.NonBacktracking
    );

    private static readonly Regex Link = new(@"\]\((?<path>[^)#:\s]+)(#[^)\s]*)?\)", RegexOptions.NonBacktracking);

    private static readonly IReadOnlyList<string> TestSources = [.. Files("tests", "*.cs").Select(File.ReadAllText)];

    [Test]
    public void Every_criterion_names_a_test_or_a_document_that_proves_it()
    {
        var rows = File.ReadAllLines(Path.Combine(Root, "docs", "acceptance.md")).Where(IsCriterion).ToList();

        Assert.That(rows, Is.Not.Empty);
        Assert.That(rows.Where(row => !TestName.IsMatch(row) && !Link.IsMatch(row)), Is.Empty);
    }

    [TestCaseSource(nameof(Documents))]
    public void Every_test_that_a_document_names_exists(string document)
    {
        var named = TestName.Matches(Read(document)).Select(m => (m.Groups["class"].Value, m.Groups["method"].Value));

        Assert.That(named.Distinct().Where(test => !Exists(test)), Is.Empty);
    }

    [TestCaseSource(nameof(Documents))]
    public void Every_file_that_a_document_links_to_exists(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Root, document))!;
        var linked = Link.Matches(Read(document)).Select(m => m.Groups["path"].Value);

        Assert.That(linked.Distinct().Where(path => !Path.Exists(Path.Combine(folder, path))), Is.Empty);
    }

    private static IEnumerable<string> Documents() =>
        Files(".", "*.md").Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'));

    private static bool IsCriterion(string line) =>
        line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| Criterion", StringComparison.Ordinal);

    private static bool Exists((string Class, string Method) test)
    {
        if (Directory.Exists(Path.Combine(Root, "tests", test.Class)))
            return true; // A suite.
        var declaration = new Regex($@"\bclass {test.Class}\b", RegexOptions.NonBacktracking);
        return TestSources.Any(source =>
            declaration.IsMatch(source)
            && (test.Method is "" || source.Contains($" {test.Method}(", StringComparison.Ordinal))
        );
    }

    private static string Read(string document) => File.ReadAllText(Path.Combine(Root, document));

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory
            .EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(IsOutput));

    private static bool IsOutput(string name) => name is "bin" or "obj" or "artifacts" or "node_modules";

    private static string RootOf([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
