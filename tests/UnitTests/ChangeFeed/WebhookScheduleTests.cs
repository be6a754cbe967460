using FeatureFlags.BuildingBlocks;
using FeatureFlags.ChangeFeed.Domain;

namespace FeatureFlags.UnitTests.ChangeFeed;

internal sealed class WebhookScheduleTests
{
    [Test]
    public void Unless_told_otherwise_it_is_ten_attempts_over_three_days_and_a_quarter()
    {
        var schedule = WebhookSchedule.Parse(null);

        Assert.That(schedule.Waits, Has.Count.EqualTo(10));
        Assert.That(schedule.Waits[0], Is.EqualTo(TimeSpan.Zero));
        Assert.That(
            schedule.Waits.Aggregate((sum, wait) => sum + wait),
            Is.EqualTo(TimeSpan.FromHours(75) + TimeSpan.FromSeconds(5) + TimeSpan.FromMinutes(35))
        );
    }

    [Test]
    public void It_is_seconds_with_commas_between() =>
        Assert.That(
            WebhookSchedule.Parse("0, 0.25,86400").Waits,
            Is.EqualTo([TimeSpan.Zero, TimeSpan.FromMilliseconds(250), TimeSpan.FromDays(1)])
        );

    [TestCase("a")]
    [TestCase("0,,1")]
    [TestCase("-1")]
    [TestCase("1e3")]
    [TestCase("NaN")]
    [TestCase("-Infinity")]
    [TestCase("86401")]
    [TestCase("0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0")]
    public void Anything_else_stops_the_process_with_an_example(string text) =>
        Assert.That(
            () => WebhookSchedule.Parse(text),
            Throws
                .TypeOf<ConfigurationException>()
                .With.Message.Contains("WEBHOOKS_SCHEDULE")
                .And.Message.Contains("0,5")
        );

    [Test]
    public void The_wait_is_what_is_planned_and_up_to_a_fifth_more()
    {
        var schedule = WebhookSchedule.Parse("0,100");
        var random = new Random(1);

        var waits = Enumerable.Range(0, 1_000).Select(_ => schedule.WaitAfter(1, null, random).TotalSeconds).ToList();

        Assert.That(waits, Has.All.InRange(100, 120));
        Assert.That(waits.Max() - waits.Min(), Is.GreaterThan(15));
    }

    [TestCase(60, 100, 120)]
    [TestCase(3_600, 3_600, 3_600)]
    [TestCase(1_000_000, 86_400, 86_400)]
    public void A_receiver_may_ask_for_more_time_but_not_for_ever(int asked, int least, int most) =>
        Assert.That(
            WebhookSchedule.Parse("0,100").WaitAfter(1, TimeSpan.FromSeconds(asked), new Random(1)).TotalSeconds,
            Is.InRange(least, most)
        );
}
