using System.Diagnostics;
using FeatureFlags.Testing;

namespace FeatureFlags.FaultTests.Rig;

/// <summary>
/// The host under test, as it is published: once per run, or the one whose folder <c>FAULTS_HOST</c> names.
/// </summary>
internal static class PublishedHost
{
    private static readonly Lazy<Task<string>> Published = new(Find);

    /// <returns>The path of its assembly.</returns>
    public static Task<string> Program() => Published.Value;

    /// <summary>Publishes the host of a source tree.</summary>
    public static async Task<string> Publish(string sources, string folder)
    {
        var project = Path.Combine(sources, "src", "Host");
        await Run(sources, "dotnet", "publish", project, "-c", "Release", "-o", folder, "-v", "quiet", "--nologo");
        return Path.Combine(folder, "FeatureFlags.Host.dll");
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it wrote.</returns>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task<string> Run(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}\n{output}{await errors}");
    }

    private static Task<string> Find() =>
        Environment.GetEnvironmentVariable("FAULTS_HOST") is { Length: > 0 } folder
            ? Task.FromResult(Path.GetFullPath(Path.Combine(folder, "FeatureFlags.Host.dll")))
            : Publish(Repository.File("."), Repository.File("artifacts/faults/host"));
}
