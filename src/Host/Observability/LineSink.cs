using System.Buffers;
using System.Text.Json;
using System.Threading.Channels;
using Prometheus;
using Serilog.Core;
using Serilog.Events;

namespace FeatureFlags.Host.Observability;

/// <summary>
/// Writes log lines from a thread of its own. Who logs never waits for the output: when that can't keep up, lines are
/// dropped and counted.
/// </summary>
internal sealed class LineSink : ILogEventSink, IDisposable
{
    private const int Capacity = 10_000;
    private const int FlushBytes = 64 * 1024;
    private static readonly TimeSpan LongestFlush = TimeSpan.FromSeconds(2);

    // Lines come out together: a thread that woke for each would cost more than all the rest of logging.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(25);

    private static readonly Counter Dropped = Metrics.CreateCounter(
        "log_lines_dropped_total",
        "Log lines dropped because the output could not keep up."
    );

    private readonly Channel<Line> _waiting = Channel.CreateBounded<Line>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite },
        _ => Dropped.Inc()
    );
    private readonly ManualResetEvent _stopping = new(false);
    private readonly Stream _output;
    private readonly Task _writing;

    public LineSink(Stream output)
    {
        _output = output;
        _writing = Task.Factory.StartNew(
            WriteAll,
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
    }

    public void Emit(LogEvent logEvent) => _waiting.Writer.TryWrite(new Line(logEvent, null));

    public void Emit(RequestLine request) => _waiting.Writer.TryWrite(new Line(null, request));

    /// <summary>Writes what is waiting, for as long as the output takes it.</summary>
    public void Dispose()
    {
        _waiting.Writer.TryComplete();
        _stopping.Set();
        if (_writing.Wait(LongestFlush))
            _stopping.Dispose();
    }

    private void WriteAll()
    {
        var lines = new ArrayBufferWriter<byte>();
        using var json = JsonLogFormatter.WriterTo(lines);
        // Blocking is what this thread is for.
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            _stopping.WaitOne(Gathering);
            while (_waiting.Reader.TryRead(out var line))
            {
                line.Format(json);
                json.Flush();
                json.Reset();
                lines.Write("\n"u8);
                if (lines.WrittenCount >= FlushBytes)
                    Write(lines);
            }
            Write(lines);
        }
    }

    private void Write(ArrayBufferWriter<byte> lines)
    {
        try
        {
            _output.Write(lines.WrittenSpan);
            _output.Flush();
        }
        catch (IOException)
        {
            // Nobody reads the output any more; the service goes on without.
        }
        lines.ResetWrittenCount();
    }

    /// <summary>One or the other.</summary>
    private readonly record struct Line(LogEvent? Event, RequestLine? Request)
    {
        public void Format(Utf8JsonWriter json)
        {
            if (Event is not null)
                JsonLogFormatter.Format(Event, json);
            else
                JsonLogFormatter.Format(Request!, json);
        }
    }
}
