using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace FeatureFlags.IntegrationTests.Ofrep;

/// <summary>A script of a folder beside the tests that has packages from npm, and a conversation with it, line by line.</summary>
internal sealed class NodeScript : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _node;

    private NodeScript(Process node) => _node = node;

    /// <summary>Skips the test where the folder's packages are not installed; in continuous integration it fails.</summary>
    public static void NeedsPackages(string folder)
    {
        if (Directory.Exists(Path.Combine(FolderOf(folder), "node_modules")))
            return;
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail($"Run npm ci in {FolderOf(folder)}.");
        Assert.Ignore($"npm ci was not run in {FolderOf(folder)}.");
    }

    /// <param name="settings">What the script is told at its start.</param>
    public static NodeScript Run(string folder, string script, object settings) =>
        new(
            Process.Start(
                new ProcessStartInfo("node", [script, JsonSerializer.Serialize(settings, JsonSerializerOptions.Web)])
                {
                    WorkingDirectory = FolderOf(folder),
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                }
            )!
        );

    public async Task<JsonElement> Ask(object question)
    {
        await _node.StandardInput.WriteLineAsync(JsonSerializer.Serialize(question, JsonSerializerOptions.Web));
        return await Hear();
    }

    /// <summary>The next line that it says.</summary>
    public async Task<JsonElement> Hear()
    {
        var line = await _node.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        return JsonElement.Parse(line ?? throw new AssertionException("The script has ended; its errors are above."));
    }

    /// <summary>Its input ends, hence the script.</summary>
    public async ValueTask DisposeAsync()
    {
        _node.StandardInput.Close();
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await _node.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!_node.HasExited)
                _node.Kill(entireProcessTree: true);
            _node.Dispose();
        }
    }

    private static string FolderOf(string name, [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, name);
}
