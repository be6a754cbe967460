using FeatureFlags.Host.Observability;
using Serilog.Events;

namespace FeatureFlags.IntegrationTests.Host;

internal sealed class LineSinkTests
{
    private static LogEvent Line(int number) =>
        new(DateTimeOffset.UnixEpoch, LogEventLevel.Information, null, new MessageTemplate($"{number}", []), []);

    [Test]
    public void What_was_logged_is_written_in_order_at_the_latest_when_the_process_ends()
    {
        using var output = new MemoryStream();
        using (var sink = new LineSink(output))
        {
            for (var i = 0; i < 1_000; i++)
                sink.Emit(Line(i));
        }

        Assert.That(output.ToArray().Count(b => b == '\n'), Is.EqualTo(1_000));
    }

    [Test]
    public void An_output_that_nobody_reads_holds_no_caller_back()
    {
        using var output = new StuckStream();
        var sink = new LineSink(output);

        // Far more than the sink keeps: who waited for it would never be done.
        var logging = Task.Run(() =>
        {
            for (var i = 0; i < 50_000; i++)
                sink.Emit(Line(i));
        });
        var wasFree = logging.Wait(TimeSpan.FromSeconds(10));

        output.Release();
        sink.Dispose();
        Assert.That(wasFree);
        Assert.That(output.Lines, Is.InRange(1, 49_999));
    }

    private sealed class StuckStream : MemoryStream
    {
        private readonly ManualResetEventSlim _released = new();

        public int Lines { get; private set; }

        public void Release() => _released.Set();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _released.Wait();
            Lines += buffer.Count((byte)'\n');
        }

        protected override void Dispose(bool disposing)
        {
            _released.Dispose();
            base.Dispose(disposing);
        }
    }
}
