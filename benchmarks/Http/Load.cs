using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace FeatureFlags.Benchmarks.Http;

/// <summary>What a stretch of load came to.</summary>
/// <param name="Requests">Answered, all of them with 200.</param>
/// <param name="PerSecond">Requests a second.</param>
/// <param name="Microseconds">Processor time of the server per request.</param>
internal sealed record Measured(long Requests, double PerSecond, double Microseconds);

/// <summary>
/// One request over and over, on connections that stay open, each answered before the next is sent. Blocking sockets on
/// threads: of all ways it takes the least of the processor that server and load share.
/// </summary>
internal sealed class Load(ServerProcess server, byte[] request)
{
    private const int Connections = 16;

    public Measured Run(TimeSpan duration)
    {
        var requests = 0L;
        var before = server.ProcessorTime;
        var clock = Stopwatch.StartNew();
        var threads = Enumerable
            .Range(0, Connections)
            .Select(_ => new Thread(() => Interlocked.Add(ref requests, Drive(clock, duration))))
            .ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        var spent = server.ProcessorTime - before;
        return new Measured(requests, requests / clock.Elapsed.TotalSeconds, spent.TotalMicroseconds / requests);
    }

    private long Drive(Stopwatch clock, TimeSpan duration)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(server.Address);
        var buffer = new byte[256 * 1024];
        var requests = 0L;
        while (clock.Elapsed < duration)
        {
            socket.Send(request);
            var received = 0;
            do
            {
                var read = socket.Receive(buffer.AsSpan(received));
                received = read > 0 ? received + read : throw new IOException("The server hung up.");
            } while (!IsWhole(buffer.AsSpan(0, received)));
            requests++;
        }
        return requests;
    }

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0)
            return false;
        if (!answer.StartsWith("HTTP/1.1 200"u8))
            throw new InvalidDataException(Encoding.UTF8.GetString(answer));

        var body = answer[(head + 4)..];
        var length = answer.IndexOf("Content-Length: "u8);
        if (length < 0 || length > head)
            // Chunks; nothing in an answer looks like the last one.
            return body.EndsWith("\r\n0\r\n\r\n"u8);
        return body.Length
            == int.Parse(Digits(answer[(length + 16)..]), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static ReadOnlySpan<byte> Digits(ReadOnlySpan<byte> text) => text[..text.IndexOf((byte)'\r')];
}
