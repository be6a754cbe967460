using System.Runtime.CompilerServices;

namespace FeatureFlags.Testing;

/// <summary>Finds files beside the tests: they run where they were compiled.</summary>
public static class Repository
{
    /// <summary>The full path of a file, from its path in the repository.</summary>
    public static string File(string path, [CallerFilePath] string caller = "")
    {
        var root = Path.GetDirectoryName(caller)!;
        while (!System.IO.File.Exists(Path.Combine(root, "FeatureFlags.sln")))
            root = Path.GetDirectoryName(root)!;
        return Path.Combine(root, path);
    }
}
