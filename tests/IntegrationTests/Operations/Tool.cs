using System.Diagnostics;

namespace FeatureFlags.IntegrationTests.Operations;

/// <summary>A program of an operator's, run as an operator would.</summary>
internal static class Tool
{
    /// <summary>Skips the asking test where the program is not installed; where CI=true that is a failure.</summary>
    public static void Require(string program, string package)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (folders.Append("/usr/sbin").Any(folder => File.Exists(Path.Combine(folder, program))))
            return;

        var message = $"{program} is not installed (Debian: apt-get install {package}).";
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail(message);
        Assert.Ignore(message);
    }

    /// <returns>The exit code, and what it wrote to stdout and stderr.</returns>
    public static async Task<(int ExitCode, string Output)> Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = await Task.WhenAll(
            process.StandardOutput.ReadToEndAsync(),
            process.StandardError.ReadToEndAsync()
        );
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(output));
    }
}
