using CsCheck;
using FeatureFlags.BuildingBlocks.Outbox;

namespace FeatureFlags.UnitTests.BuildingBlocks;

internal sealed class OutboxOptionsTests
{
    [TestCase(1, 1_000)]
    [TestCase(2, 2_000)]
    [TestCase(5, 16_000)]
    [TestCase(10, 300_000)]
    [TestCase(5_000, 300_000)]
    public void The_wait_doubles_up_to_a_limit_and_chance_takes_off_up_to_half(int attempts, int milliseconds)
    {
        var options = new OutboxOptions();
        var full = TimeSpan.FromMilliseconds(milliseconds);

        Gen.Int.Sample(seed =>
        {
            var wait = options.BackoffAfter(attempts, new Random(seed));
            return wait >= full / 2 && wait <= full;
        });
    }

    [Test]
    public void Deliveries_that_failed_together_do_not_come_back_together()
    {
        var options = new OutboxOptions();
        var random = new Random(1);

        var waits = Enumerable.Range(0, 100).Select(_ => options.BackoffAfter(1, random)).Distinct();

        Assert.That(waits.Count(), Is.GreaterThan(90));
    }
}
