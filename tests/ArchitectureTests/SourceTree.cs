using System.Xml.Linq;

namespace FeatureFlags.ArchitectureTests;

/// <summary>A project file and the names of the projects that it refers to.</summary>
internal sealed record Project(string Path, IReadOnlyList<string> References)
{
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    public static Project Read(string path) =>
        new(
            path,
            [
                .. XDocument
                    .Load(path)
                    .Descendants("ProjectReference")
                    .Select(r => System.IO.Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value)),
            ]
        );
}

/// <param name="Project">The name of the project it belongs to.</param>
/// <param name="Path">Its path in the project, with <c>/</c>.</param>
internal sealed record SourceFile(string Project, string Path, string Text);

/// <summary>The repository that the tests were built from.</summary>
internal static class SourceTree
{
    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<Project> Projects { get; } =
    [.. Files("", "*.csproj").Order(StringComparer.Ordinal).Select(Project.Read)];

    public static IReadOnlyList<Project> ServiceProjects { get; } =
    [.. Projects.Where(p => p.Path.StartsWith(In("src"), StringComparison.Ordinal))];

    public static IEnumerable<SourceFile> Sources() =>
        from project in ServiceProjects
        let folder = Path.GetDirectoryName(project.Path)!
        from file in Files(folder, "*.cs")
        select new SourceFile(
            project.Name,
            Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/'),
            File.ReadAllText(file)
        );

    public static string In(params string[] path) => Path.Combine([Root, .. path]);

    public static string Read(params string[] path) => File.ReadAllText(In(path));

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory
            .EnumerateFiles(In(folder), pattern, SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(IsOutput));

    private static bool IsOutput(string folder) => folder is "bin" or "obj" or "artifacts" || folder.StartsWith('.');

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "FeatureFlags.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests must run inside the repository.");
        return folder.FullName;
    }
}
