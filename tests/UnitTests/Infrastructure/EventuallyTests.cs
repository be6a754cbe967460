using FeatureFlags.Testing;

namespace FeatureFlags.UnitTests.Infrastructure;

internal sealed class EventuallyTests
{
    [Test]
    public async Task It_asks_until_the_answer_is_yes()
    {
        var asked = 0;

        await Eventually.Holds(() => ++asked == 3);

        Assert.That(asked, Is.EqualTo(3));
    }

    [Test]
    public void It_gives_up_at_the_deadline_and_says_what_never_held()
    {
        var mended = false;

        var failure = Assert.ThrowsAsync<AssertionException>(() =>
            Eventually.Holds(() => mended, within: TimeSpan.FromMilliseconds(30))
        );

        Assert.That(failure.Message, Does.Contain("() => mended"));
    }

    [Test]
    public void What_the_condition_throws_is_not_taken_for_a_no() =>
        Assert.ThrowsAsync<InvalidOperationException>(() =>
            Eventually.Holds(() => Task.FromException<bool>(new InvalidOperationException()))
        );
}
