using System.Text.RegularExpressions;
using CsCheck;
using FeatureFlags.BuildingBlocks.Outbox;

namespace FeatureFlags.UnitTests.BuildingBlocks;

internal sealed class EventIdTests
{
    private static readonly Gen<DateTimeOffset> Times = Gen.Long[0, 253_402_300_799_999]
        .Select(DateTimeOffset.FromUnixTimeMilliseconds);

    [Test]
    public void An_id_is_26_characters_of_Crockfords_base_32() =>
        Times.Sample(time =>
            Regex.IsMatch(EventId.New(time), "^[0-7][0-9A-HJKMNP-TV-Z]{25}$", RegexOptions.NonBacktracking)
        );

    [Test]
    public void Ids_sort_by_their_millisecond() =>
        Gen.Select(Times, Times)
            .Where((a, b) => a != b)
            .Sample((a, b) => string.CompareOrdinal(EventId.New(a), EventId.New(b)) < 0 == a < b);

    // The time part of the example in the specification: https://github.com/ulid/spec
    [Test]
    public void The_first_ten_characters_are_the_time() =>
        Assert.That(
            EventId.New(DateTimeOffset.FromUnixTimeMilliseconds(1_469_918_176_385))[..10],
            Is.EqualTo("01ARYZ6S41")
        );

    [Test]
    public void No_two_are_alike() =>
        Assert.That(
            Enumerable.Range(0, 10_000).Select(_ => EventId.New(DateTimeOffset.UnixEpoch)).Distinct().Count(),
            Is.EqualTo(10_000)
        );
}
