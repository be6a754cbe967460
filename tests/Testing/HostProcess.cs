using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace FeatureFlags.Testing;

/// <summary>
/// The built host as a process of its own, the way an operator runs it: it takes its settings from the environment,
/// and can be told to stop, paused, or killed. It listens on a free port of the loopback address.
/// </summary>
public sealed class HostProcess : IAsyncDisposable
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

    /// <summary>Its number in the system.</summary>
    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    /// <summary>Whether it stands still after SIGSTOP. Only Linux says so.</summary>
    public bool IsPaused =>
        File.ReadLines($"/proc/{_process.Id}/status")
            .Any(line => line.StartsWith("State:\tT", StringComparison.Ordinal));

    /// <summary>What it wrote to stdout so far, a line each.</summary>
    public IReadOnlyList<string> Output => Copy(_output);

    /// <summary>What it wrote to stderr so far, a line each.</summary>
    public IReadOnlyList<string> Errors => Copy(_errors);

    /// <summary>Speaks to it, once it listens.</summary>
    public HttpClient Http => _http ?? throw new InvalidOperationException("Wait for the host first.");

    /// <param name="program">The host's assembly, e.g. of <c>dotnet publish</c>.</param>
    /// <param name="settings">The environment variables that concern it; the caller's own are not passed on.</param>
    public static HostProcess Start(
        string program,
        IEnumerable<KeyValuePair<string, string>> settings,
        string workingDirectory
    )
    {
        var start = new ProcessStartInfo("dotnet", [program])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory,
        };
        string[] own =
        [
            "ASPNETCORE_",
            "DOTNET_ENVIRONMENT",
            "DATA_",
            "DB_",
            "JWT_",
            "ADMIN_",
            "AUTH_",
            "OUTBOX",
            "OTEL_",
            "LOG_",
            "WEBHOOKS_",
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
        await Eventually.Holds(() => Listens() || _process.HasExited, StartLimit);
        Assert.That(_http, Is.Not.Null, () => $"The host has ended: {string.Join('\n', Errors)}");
        return this;
    }

    /// <summary>Waits until it is ready for traffic.</summary>
    public async Task<HostProcess> Ready()
    {
        await Answering();
        await Eventually.Holds(IsReady, StartLimit);
        return this;
    }

    /// <summary>Waits until it is ready for traffic, or has ended, which is for the caller to see.</summary>
    public async Task<HostProcess> ReadyOrEnded()
    {
        await Eventually.Holds(async () => _process.HasExited || (Listens() && await IsReady()), StartLimit);
        return this;
    }

    /// <summary>SIGKILL: it gets no chance to do anything about it.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM: it is asked to stop.</summary>
    public void Terminate() => Signal("TERM");

    /// <summary>SIGSTOP: it stands still, its connections and leases stay as they are, until it is resumed.</summary>
    public void Pause() => Signal("STOP");

    /// <summary>SIGCONT.</summary>
    public void Resume() => Signal("CONT");

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

    private async Task<bool> IsReady()
    {
        try
        {
            using var answer = await Http.GetAsync("/readyz");
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException) when (_process.HasExited)
        {
            return false;
        }
    }

    private bool Listens()
    {
        if (_http is null && Address() is { } address)
            _http = new HttpClient { BaseAddress = new Uri(address) };
        return _http is not null;
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
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
