using System.Buffers;
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

    private static readonly Counter Dropped = Metrics.CreateCounter(
        "log_lines_dropped_total",
        "Log lines dropped because the output could not keep up."
    );

    private readonly Channel<LogEvent> _waiting = Channel.CreateBounded<LogEvent>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite },
        _ => Dropped.Inc()
    );
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

    public void Emit(LogEvent logEvent) => _waiting.Writer.TryWrite(logEvent);

    /// <summary>Writes what is waiting, for as long as the output takes it.</summary>
    public void Dispose()
    {
        _waiting.Writer.TryComplete();
        _writing.Wait(LongestFlush);
    }

    private void WriteAll()
    {
        var lines = new ArrayBufferWriter<byte>();
        // Blocking is what this thread is for.
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (lines.WrittenCount < FlushBytes && _waiting.Reader.TryRead(out var log))
                JsonLogFormatter.Format(log, lines);
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
    }
}
