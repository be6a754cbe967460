using FeatureFlags.Evaluation.Ofrep;

namespace FeatureFlags.UnitTests.Evaluation;

internal sealed class OfrepStreamUrlTests
{
    [TestCase("00:00:00", "06:00:00")]
    [TestCase("05:59:59.9999999", "06:00:00")]
    [TestCase("06:00:00", "12:00:00")]
    [TestCase("23:00:00", "1.00:00:00")]
    public void An_address_is_the_same_until_the_end_of_its_window(TimeSpan time, TimeSpan end)
    {
        var midnight = new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero);

        Assert.That(OfrepStreamUrl.WindowEnd(midnight + time), Is.EqualTo(midnight + end));
    }
}
