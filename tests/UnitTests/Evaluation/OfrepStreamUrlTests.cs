using FeatureFlags.BuildingBlocks;
using FeatureFlags.Evaluation.Ofrep;

namespace FeatureFlags.UnitTests.Evaluation;

internal sealed class OfrepStreamUrlTests
{
    [TestCase("00:00:00", "00:00:00", "06:00:00")]
    [TestCase("05:59:59.9999999", "00:00:00", "06:00:00")]
    [TestCase("06:00:00", "00:00:00", "12:00:00")]
    [TestCase("23:00:00", "00:00:00", "1.00:00:00")]
    [TestCase("00:00:00", "02:30:01", "02:30:01")]
    [TestCase("02:30:01", "02:30:01", "08:30:01")]
    [TestCase("23:00:00", "05:59:59", "23:59:59")]
    public void An_address_is_the_same_until_the_end_of_its_users_window(TimeSpan time, TimeSpan phase, TimeSpan end)
    {
        var midnight = new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero);

        Assert.That(OfrepStreamUrl.WindowEnd(midnight + time, phase), Is.EqualTo(midnight + end));
    }

    [Test]
    public void Users_come_back_spread_over_the_whole_window()
    {
        const int users = 36_000;
        var phases = Enumerable
            .Range(0, users)
            .Select(user => OfrepStreamUrl.PhaseOf(new Scope("acme", "production"), $"user-{user}"))
            .ToList();

        Assert.That(phases, Is.All.InRange(TimeSpan.Zero, OfrepStreamUrl.Window - TimeSpan.FromSeconds(1)));
        Assert.That(phases.Select(phase => phase.Ticks % TimeSpan.TicksPerSecond), Is.All.Zero);
        // 100 each if all were alike.
        Assert.That(phases.CountBy(phase => (int)phase.TotalMinutes).Max(minute => minute.Value), Is.LessThan(160));
    }
}
