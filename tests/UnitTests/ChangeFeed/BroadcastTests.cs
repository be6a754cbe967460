using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.ChangeFeed.Streaming;

namespace FeatureFlags.UnitTests.ChangeFeed;

internal sealed class BroadcastTests
{
    [Test]
    public void Everyone_hears_everything_in_order_from_when_they_came()
    {
        var broadcast = new Broadcast(At(7));
        var early = broadcast.Join();
        broadcast.Tell(Events(8, 9));
        var late = broadcast.Join();
        broadcast.Tell(Events(10));

        Assert.That((early.Start.Revision, late.Start.Revision), Is.EqualTo((7, 9)));
        Assert.That(Heard(early), Is.EqualTo(new[] { 8, 9, 10 }));
        Assert.That(Heard(late), Is.EqualTo(new[] { 10 }));
        Assert.That(broadcast.Position, Is.EqualTo(At(10)));
    }

    [Test]
    public void Who_has_no_room_left_is_let_go_with_what_it_has_and_the_others_hear_on()
    {
        var broadcast = new Broadcast(At(0));
        var deaf = broadcast.Join();
        var attentive = broadcast.Join();
        var heard = new List<long>();

        for (var revision = 1; revision <= Listener.Capacity + 2; revision++)
        {
            broadcast.Tell(Events(revision));
            heard.AddRange(Heard(attentive));
        }

        Assert.That(heard, Is.EqualTo(Enumerable.Range(1, Listener.Capacity + 2)));
        Assert.That(attentive.Events.Completion.IsCompleted, Is.False);
        Assert.That(Heard(deaf), Is.EqualTo(Enumerable.Range(1, Listener.Capacity)), "no gap");
        Assert.That(deaf.Events.Completion.IsCompleted, Is.True);
    }

    [Test]
    public void Who_left_hears_nothing_more()
    {
        var broadcast = new Broadcast(At(0));
        var gone = broadcast.Join();

        broadcast.Leave(gone);
        broadcast.Tell(Events(1));

        Assert.That(Heard(gone), Is.Empty);
    }

    [Test]
    public void After_a_reset_the_telling_goes_on_from_there_even_backwards()
    {
        var broadcast = new Broadcast(At(7));
        var listener = broadcast.Join();

        broadcast.Tell([FeedEvent.Reset(At(3))]);
        broadcast.Tell(Events(4));

        Assert.That(Heard(listener), Is.EqualTo(new[] { 3, 4 }));
        Assert.That(broadcast.Join().Start, Is.EqualTo(At(4)));
    }

    private static ScopeHead At(long revision) => new(new Scope("acme", "production"), revision, $"event-{revision}");

    private static FeedEvent[] Events(params long[] revisions) =>
        [.. revisions.Select(revision => new FeedEvent(At(revision), "lamp.switched", default))];

    private static List<long> Heard(Listener listener)
    {
        var heard = new List<long>();
        while (listener.Events.TryRead(out var next))
            heard.Add(next.At.Revision);
        return heard;
    }
}
