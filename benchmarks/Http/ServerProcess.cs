using System.Diagnostics;
using System.Net;

namespace FeatureFlags.Benchmarks.Http;

/// <summary>A server as a process of its own, whose processor time and memory the system counts.</summary>
internal sealed class ServerProcess : IDisposable
{
    public const string AnyPort = "http://127.0.0.1:0";
    public const string Listening = "Now listening on: ";

    private readonly Process _process;

    private ServerProcess(Process process, IPEndPoint address) => (_process, Address) = (process, address);

    public IPEndPoint Address { get; }

    /// <summary>User and system time of all its threads since it started.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>The most resident memory it ever had, in megabytes.</summary>
    public double PeakMegabytes
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64 / 1e6;
        }
    }

    /// <summary>Starts an assembly of this folder and waits until it listens; its output is read and thrown away.</summary>
    public static async Task<ServerProcess> Start(
        string assembly,
        string[] arguments,
        params (string Name, string Value)[] settings
    )
    {
        var path = Path.Combine(AppContext.BaseDirectory, assembly);
        var start = new ProcessStartInfo("dotnet", [path, .. arguments]) { RedirectStandardOutput = true };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;

        var process = Process.Start(start)!;
        var address = await Announced(process.StandardOutput);
        _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        return new ServerProcess(process, address);
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static async Task<IPEndPoint> Announced(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            var at = line.IndexOf(Listening, StringComparison.Ordinal);
            if (at < 0)
                continue;
            var url = line[(at + Listening.Length)..];
            return IPEndPoint.Parse(new Uri(url[..url.IndexOf('"', StringComparison.Ordinal)]).Authority);
        }
        throw new InvalidOperationException("The server ended before it listened.");
    }
}
