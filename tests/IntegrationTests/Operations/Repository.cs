using System.Runtime.CompilerServices;

namespace FeatureFlags.IntegrationTests.Operations;

internal static class Repository
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
