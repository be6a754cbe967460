using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace FeatureFlags.Testing;

/// <summary>
/// A PostgreSQL server of its own for one test process: a new cluster in a temporary folder, on a free port of the
/// loopback address, reached as <c>postgres</c> without a password. It can be taken down and brought back, so a test of
/// faults launches one for itself. Server and folder go when it is disposed of, and also when the process dies.
/// Needs PostgreSQL 15 or later and a POSIX shell.
/// </summary>
public sealed class PostgresCluster : PostgresServer
{
    private static readonly string? Binaries = FindBinaries();

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"featureflags-pg-{Guid.NewGuid():N}"[..24]);
    private readonly int _port = FreePort();
    private readonly string _settings;
    private readonly Process _janitor;

    private PostgresCluster(string fsync)
    {
        _settings = $"-p {_port} -k {_folder} -c listen_addresses=127.0.0.1 -c max_connections=200 -c fsync={fsync}";
        _janitor = StartJanitor();
    }

    /// <summary>Whether this machine has the binaries of a PostgreSQL server.</summary>
    public static bool CanLaunch => Binaries is not null;

    private protected override string Administration =>
        new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = _port,
            Username = "postgres",
            Database = "postgres",
            IncludeErrorDetail = true,
        }.ConnectionString;

    /// <summary>Starts a cluster that is fast because it never waits for the disk: a power cut would lose it.</summary>
    /// <exception cref="IgnoreException">There are no binaries (an <see cref="AssertionException"/> where CI=true).</exception>
    public static PostgresCluster Launch() => Launch(fsync: "off");

    /// <summary>Starts a cluster that flushes what it commits, as a production server does.</summary>
    /// <inheritdoc cref="Launch()" path="/exception"/>
    public static PostgresCluster LaunchDurable() => Launch(fsync: "on");

    /// <summary>Brings the server back on the same port, after recovery from its log; returns when it answers.</summary>
    public void Start() => Control("start", "-o", _settings);

    /// <summary>Takes the server away as a crash would: sessions are cut, nothing is flushed.</summary>
    public void StopImmediate() => Control("stop", "-m", "immediate");

    /// <summary>Runs one of the server's client programs, e.g. <c>pg_dump</c>.</summary>
    public void RunClient(string program, params string[] arguments)
    {
        var besideTheServer = Path.Combine(Binaries!, program);
        Run([File.Exists(besideTheServer) ? besideTheServer : program, .. arguments]);
    }

    public override ValueTask DisposeAsync()
    {
        ClearAway();
        return ValueTask.CompletedTask;
    }

    private static PostgresCluster Launch(string fsync)
    {
        if (Binaries is null)
            throw Unavailable("No initdb and pg_ctl (PATH, /usr/lib/postgresql/*/bin)");

        var cluster = new PostgresCluster(fsync);
        try
        {
            cluster.Initialise();
            cluster.Start();
            return cluster;
        }
        catch
        {
            cluster.ClearAway();
            throw;
        }
    }

    private void Initialise() =>
        Run(AsServerUser("initdb", "-D", _folder, "-U", "postgres", "--auth=trust", "--no-sync", "--no-locale"));

    private void Control(string action, params string[] arguments) =>
        Run([.. AsServerUser("pg_ctl", action, "-D", _folder, "-w", "-s", "-l", LogFile), .. arguments]);

    private string LogFile => Path.Combine(_folder, "server.log");

    /// <summary>
    /// A shell that waits for the end of its input and then clears away. The input ends when the cluster is disposed of
    /// or when this process ends, however it ends, so neither a crash nor a kill leaves a server behind.
    /// </summary>
    private Process StartJanitor()
    {
        var stop = string.Join(' ', AsServerUser("pg_ctl", "stop", "-D", _folder, "-m", "immediate", "-s"));
        var script = $"exec >/dev/null 2>&1; trap '' INT TERM HUP; cat; {stop}; rm -rf {_folder}";
        var start = new ProcessStartInfo("/bin/sh", ["-c", script])
        {
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        return Process.Start(start)!;
    }

    private void ClearAway()
    {
        _janitor.StandardInput.Close();
        _janitor.WaitForExit();
        _janitor.Dispose();
    }

    /// <summary>The command line of a server tool. PostgreSQL refuses root, who therefore acts as postgres.</summary>
    private static string[] AsServerUser(string tool, params string[] arguments)
    {
        string[] command = [Path.Combine(Binaries!, tool), .. arguments];
        return Environment.IsPrivilegedProcess ? ["runuser", "-u", "postgres", "--", .. command] : command;
    }

    private void Run(string[] words)
    {
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode == 0)
            return;

        var log = File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";
        throw new InvalidOperationException($"Failed: {string.Join(' ', words)}\n{output}{errors.Result}{log}");
    }

    private static string? FindBinaries()
    {
        const string Debian = "/usr/lib/postgresql";
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        string[] installed = Directory.Exists(Debian) ? Directory.GetDirectories(Debian) : [];
        return onPath
            .Concat(installed.OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")))
            .FirstOrDefault(folder =>
                File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl"))
            );
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
