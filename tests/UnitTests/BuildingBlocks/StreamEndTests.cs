using FeatureFlags.BuildingBlocks.Streaming;

namespace FeatureFlags.UnitTests.BuildingBlocks;

internal sealed class StreamEndTests
{
    [Test]
    public async Task The_first_reason_ends_the_stream_and_stays()
    {
        await using var end = new StreamEnd();
        Assert.That((end.Reason, end.Token.IsCancellationRequested), Is.EqualTo(((string?)null, false)));

        end.Because(StreamEnd.Expired);
        end.Because(StreamEnd.Left);

        Assert.That((end.Reason, end.Token.IsCancellationRequested), Is.EqualTo((StreamEnd.Expired, true)));
    }
}
