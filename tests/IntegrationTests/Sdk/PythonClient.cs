using System.Diagnostics;
using System.Text.Json;
using FeatureFlags.IntegrationTests.Operations;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Sdk;

/// <summary>A program that uses the SDK for Python, in a process of its own.</summary>
internal sealed class PythonClient : IDisposable
{
    private readonly Process _process;

    private PythonClient(Process process) => _process = process;

    /// <param name="mode"><c>local</c> or <c>remote</c>.</param>
    /// <param name="caller">Of whose tenant it is.</param>
    /// <param name="key">An API key; null: the caller's own token.</param>
    public static PythonClient Start(string mode, TenantClient caller, string? key = null)
    {
        Tool.Require("python3", "python3");
        var start = new ProcessStartInfo("python3", ["-m", "tests.ask", mode, $"{caller.Address}"])
        {
            WorkingDirectory = Repository.File("sdks/python"),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["FLAGS_KEY"] = key ?? caller.Token;
        if (key is null)
            start.Environment["FLAGS_TENANT"] = caller.Tenant;
        return new PythonClient(Process.Start(start)!);
    }

    /// <summary>All that an evaluation said.</summary>
    public Task<JsonElement> Evaluate(string flagKey, string user) =>
        Ask($$"""{"flag_key": "{{flagKey}}", "user": {{user}}}""");

    public Task<JsonElement> Status() => Ask("{}");

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
            _process.Kill();
        _process.Dispose();
    }

    private async Task<JsonElement> Ask(string question)
    {
        await _process.StandardInput.WriteLineAsync(question);
        var answer = await _process.StandardOutput.ReadLineAsync();
        return JsonElement.Parse(answer ?? throw new AssertionException($"The program ended when asked {question}."));
    }
}
