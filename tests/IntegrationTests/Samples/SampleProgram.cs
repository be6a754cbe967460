using System.Collections.Concurrent;
using System.Diagnostics;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Samples;

/// <summary>
/// A program of <c>samples/</c>, started as their README says: by one command at the top of the repository, after
/// <c>samples/keys.sh</c> has made it its keys.
/// </summary>
internal sealed class SampleProgram : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // It ends with the shell's input: here, and also where the tests are killed. With -m it is a group of processes of its
    // own, since npm and dotnet start the program itself as their child.
    private const string Shell = """
        keys=$(samples/keys.sh) || exit
        eval "$keys"
        set -m
        eval "$COMMAND" </dev/null &
        cat >/dev/null
        kill -KILL -- -$!
        """;

    private readonly Process _shell;
    private readonly ConcurrentQueue<string> _output = [];

    private SampleProgram(ProcessStartInfo start)
    {
        _shell = new Process { StartInfo = start };
        _shell.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "(ended)");
        _shell.Start();
        _shell.BeginOutputReadLine();
    }

    /// <param name="command">As it stands in the README of the samples.</param>
    /// <param name="options">What only the tests add to it.</param>
    /// <param name="settings">Environment variables, besides where the service is.</param>
    public static SampleProgram Start(
        string command,
        HostProcess service,
        string options = "",
        params (string Name, string Value)[] settings
    )
    {
        Assert.That(File.ReadAllText(Repository.File("samples/README.md")), Does.Contain(command));
        var start = new ProcessStartInfo("bash", ["-c", Shell])
        {
            WorkingDirectory = Repository.File(""),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["COMMAND"] = $"{command} {options}";
        start.Environment["FEATUREFLAGS_URL"] = service.Http.BaseAddress!.ToString();
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        return new SampleProgram(start);
    }

    /// <summary>Waits until it has written the text.</summary>
    /// <returns>What follows the text in its line.</returns>
    public async Task<string> Says(string text)
    {
        string? line = null;
        await Eventually.Holds(
            () => (line = _output.FirstOrDefault(l => l.Contains(text, StringComparison.Ordinal))) is not null,
            Patience,
            $"{text} in {string.Join('\n', _output)}"
        );
        return line![(line!.IndexOf(text, StringComparison.Ordinal) + text.Length)..];
    }

    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        using var limit = new CancellationTokenSource(Patience);
        await _shell.WaitForExitAsync(limit.Token);
        _shell.Dispose();
    }
}
