using System.Collections.Concurrent;
using System.Diagnostics;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Security;

/// <summary>The service as a process of its own, for what it says on its outputs.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _lines = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("featureflags-").FullName;
    private readonly Process _process;

    private HostProcess(Dictionary<string, string> settings)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["exec", PathOfHost()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder,
        };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        start.Environment["DATA_DIR"] = _folder;
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What was said so far, on both outputs.</summary>
    public string Output => string.Join('\n', _lines);

    public HttpClient Http { get; } = new();

    public static async Task<HostProcess> Start(Dictionary<string, string> settings)
    {
        var host = new HostProcess(settings);
        await Eventually.Holds(() => host.Output.Contains(Listening, StringComparison.Ordinal), Patience);
        var address = host.Output.Split(Listening)[1].Split('"')[0];
        host.Http.BaseAddress = new Uri(address);
        await Eventually.Holds(async () => (await host.Http.GetAsync("/readyz")).IsSuccessStatusCode, Patience);
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Keep(string? line)
    {
        if (line is not null)
            _lines.Enqueue(line);
    }

    private static string PathOfHost() => typeof(Program).Assembly.Location;
}
