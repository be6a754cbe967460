using System.Diagnostics;
using System.Net;
using System.Text.Json;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Operations;

/// <summary>
/// The built host as a process of its own, the way an operator runs it: it takes its settings from the environment,
/// and can be told to stop, or killed. It listens on a free port of the loopback address.
/// </summary>
internal sealed class HostProcess : IAsyncDisposable
{
    // Starting is a matter of a second, on a machine that is not busy with other suites.
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    private const string Listening = "Now listening on: ";

    private readonly Process _process;
    private readonly Process _janitor;
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];
    private HttpClient? _http;

    private HostProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        _process.Start();
        _janitor = StartJanitor(_process.Id);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it wrote to stdout so far, a line each.</summary>
    public IReadOnlyList<string> Output => Copy(_output);

    /// <summary>What it wrote to stderr so far, a line each.</summary>
    public IReadOnlyList<string> Errors => Copy(_errors);

    /// <summary>Speaks to it, once it listens.</summary>
    public HttpClient Http => _http ?? throw new InvalidOperationException("Wait for the host first.");

    /// <param name="settings">The environment variables that concern it; the caller's own are not passed on.</param>
    public static HostProcess Start(IEnumerable<KeyValuePair<string, string>> settings, string workingDirectory)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "FeatureFlags.Host.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory,
        };
        string[] own =
        [
            "ASPNETCORE_",
            "DOTNET_ENVIRONMENT",
            "DB_",
            "JWT_",
            "ADMIN_",
            "AUTH_",
            "OUTBOX",
            "OTEL_",
            "LOG_",
        ];
        foreach (
            var name in start
                .Environment.Keys.Where(name => own.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
                .ToList()
        )
            start.Environment.Remove(name);
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        return new HostProcess(start);
    }

    /// <summary>Waits until it answers at all, ready or not.</summary>
    public async Task<HostProcess> Answering()
    {
        string? address = null;
        await Eventually.Holds(() => (address = Address()) is not null || _process.HasExited, StartLimit);
        Assert.That(address, Is.Not.Null, () => $"The host has ended: {string.Join('\n', Errors)}");
        _http ??= new HttpClient { BaseAddress = new Uri(address!) };
        return this;
    }

    /// <summary>Waits until it is ready for traffic.</summary>
    public async Task<HostProcess> Ready()
    {
        await Answering();
        await Eventually.Holds(async () => (await Get("/readyz")).Status == HttpStatusCode.OK, StartLimit);
        return this;
    }

    public async Task<Answer> Get(string path) => await Answer.Of(await Http.GetAsync(path));

    /// <summary>Speaks for a tenant, by a token of the stub issuer.</summary>
    public async Task<TenantClient> Tenant(string tenant) => Tenant(tenant, await Http.StubToken("tester"));

    public TenantClient Tenant(string tenant, string token) => new(Http, tenant, "production", token);

    /// <summary>SIGKILL: it gets no chance to do anything about it.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM: it is asked to stop.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Waits until it has ended, and everything it wrote was read.</summary>
    public async Task<int> ExitCode()
    {
        using var limit = new CancellationTokenSource(StopLimit);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await Kill();
        _janitor.Kill();
        _janitor.Dispose();
        _process.Dispose();
        _http?.Dispose();
    }

    private string? Address()
    {
        var line = Output.FirstOrDefault(line => line.Contains(Listening, StringComparison.Ordinal));
        return line is null
            ? null
            : JsonDocument.Parse(line).RootElement.GetProperty("message").GetString()![Listening.Length..];
    }

    /// <summary>A shell whose input ends with this process, however that ends: then it kills the host.</summary>
    private static Process StartJanitor(int host) =>
        Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", $"trap '' INT TERM HUP; cat >/dev/null; kill -KILL {host}"])
            {
                RedirectStandardInput = true,
                RedirectStandardError = true,
            }
        )!;

    private static void Keep(List<string> lines, string? line)
    {
        if (line is null)
            return;
        lock (lines)
            lines.Add(line);
    }

    private static string[] Copy(List<string> lines)
    {
        lock (lines)
            return [.. lines];
    }
}
