using System.Text;
using FeatureFlags.Client.Sync;

namespace FeatureFlags.ClientTests;

internal sealed class EventReaderTests
{
    [TestCase("data: a\n\n", "|-|a")]
    [TestCase("event: delta\nid: 4.E\ndata:a\ndata: b\n\n", "delta|4.E|a\nb")]
    [TestCase("data: a\r\n\r\n: comment\r\nid: 5.F\r\n\r\n", "|-|a;|5.F|")]
    [TestCase("\n\n: \n\nretry: 3\n\nunknown\n\ndata: cut off", "|-|;|-|;|-|")]
    [TestCase("", "")]
    public async Task Events_are_read_however_their_bytes_arrive(string text, string expected)
    {
        foreach (var step in new[] { 1, 2, 3, 1_000 })
        {
            var events = new EventReader(new Trickle(Encoding.UTF8.GetBytes(text), step), TimeProvider.System);
            var read = new List<string>();
            while (await events.Next(TimeSpan.FromMinutes(1), default) is { } next)
                read.Add($"{next.Name}|{next.Id ?? "-"}|{Encoding.UTF8.GetString(next.Data.Span)}");

            Assert.That(string.Join(';', read), Is.EqualTo(expected), $"{step} bytes at a time");
        }
    }

    [Test]
    public async Task Big_events_are_read_whole_between_small_ones()
    {
        var big = new string('x', 3_000_000);
        var bytes = Encoding.UTF8.GetBytes($"data: 1\n\ndata: {big}\n\ndata: 2\n\ndata: {big}\n\ndata: 3\n\n");
        var events = new EventReader(new Trickle(bytes, 10_000), TimeProvider.System);
        var lengths = new List<int>();
        while (await events.Next(TimeSpan.FromMinutes(1), default) is { } next)
            lengths.Add(next.Data.Length);

        Assert.That(lengths, Is.EqualTo(new[] { 1, big.Length, 1, big.Length, 1 }));
    }

    private sealed class Trickle(byte[] bytes, int step) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(step, buffer.Length)], cancellationToken);
    }
}
