using System.Runtime.CompilerServices;

namespace FeatureFlags.IntegrationTests.Docs;

/// <summary>The tables of routes in docs/api.md are those of the running service.</summary>
internal sealed class ApiDocTests
{
    private const string Page = "GET /docs";

    [Test]
    public async Task Every_route_stands_in_the_document_with_its_scopes_and_no_other_does()
    {
        var service = await Service.On(Engine.Sqlite);
        var routes = Route.AllOf(service).Select(Served).Distinct();

        var documented = (await File.ReadAllLinesAsync(Document())).Where(IsRoute).Select(Documented);

        Assert.That(documented, Is.EquivalentTo(routes));
    }

    // The page for people brings its own scripts along.
    private static string Served(Route route) =>
        route.Name.StartsWith(Page, StringComparison.Ordinal) ? $"{Page} open"
        : route.IsAnonymous ? $"{route} open"
        : $"{route} {string.Join(", ", route.Scopes.Order(StringComparer.Ordinal))}";

    private static bool IsRoute(string line) =>
        line.StartsWith("| `", StringComparison.Ordinal) && line.Contains(" /", StringComparison.Ordinal);

    private static string Documented(string row)
    {
        var cells = row.Split('|', StringSplitOptions.TrimEntries);
        var scopes = cells[2].Split(',', StringSplitOptions.TrimEntries).Select(scope => scope.Trim('`'));
        return $"{cells[1].Trim('`')} {string.Join(", ", scopes.Order(StringComparer.Ordinal))}";
    }

    private static string Document([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "docs", "api.md"));
}
