using System.Globalization;
using System.Net;
using CsCheck;
using FeatureFlags.Rules.Operands;

namespace FeatureFlags.UnitTests.Rules;

/// <summary>How versions, times and addresses are read, held against the platform where it has an opinion.</summary>
public sealed class OperandTests
{
    // The order that semver.org gives as its example, and numbers beyond any integer type.
    private static readonly string[] VersionsInOrder =
    [
        "0.0.0-0",
        "0.0.0",
        "0.0.1",
        "0.1.0",
        "1.0.0-0.3.7",
        "1.0.0-2",
        "1.0.0-10",
        "1.0.0-0a",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.2",
        "1.0.0-alpha.10",
        "1.0.0-alpha.beta",
        "1.0.0-alpha-",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.2",
        "1.10",
        "2.0.0-x",
        "2",
        "18446744073709551615.0.0",
        "18446744073709551616.0.0",
    ];

    [Test]
    public void Versions_are_in_the_order_of_semver()
    {
        for (var i = 0; i < VersionsInOrder.Length; i++)
        {
            for (var j = 0; j < VersionsInOrder.Length; j++)
            {
                var order = Math.Sign(Version(VersionsInOrder[i]).CompareTo(Version(VersionsInOrder[j])));
                Assert.That(order, Is.EqualTo(Math.Sign(i - j)), $"{VersionsInOrder[i]} to {VersionsInOrder[j]}");
            }
        }
    }

    [TestCase("v1.2.0", "1.2")]
    [TestCase("V1", "1.0.0")]
    [TestCase("1.2.3+a", "1.2.3+b.c-d.001")]
    public void Versions_that_differ_in_prefix_missing_parts_or_build_are_equal(string left, string right) =>
        Assert.That(Version(left).CompareTo(Version(right)), Is.Zero);

    [TestCase("")]
    [TestCase("v")]
    [TestCase("1.")]
    [TestCase("1..2")]
    [TestCase("1.2.3.4")]
    [TestCase("01.2.3")]
    [TestCase("1.02.3")]
    [TestCase("1.2.3-")]
    [TestCase("1.2.3-a..b")]
    [TestCase("1.2.3-01")]
    [TestCase("1.2.3-001")]
    [TestCase("1.2.3+")]
    [TestCase("1.2.3+a+b")]
    [TestCase("1.2.3 ")]
    [TestCase("1.2.3-é")]
    [TestCase("-1.2.3")]
    [TestCase("latest")]
    public void Other_text_is_no_version(string text) => Assert.That(SemanticVersion.TryParse(text, out _), Is.False);

    [TestCase("1.2.3", "1.2.3 1.2.9", "1.2.2 1.3.0 1.3.0-a 1.2.3-rc")]
    [TestCase("1.2", "1.2.0 1.2.9", "1.3.0 1.1.9 1.2.0-a")]
    [TestCase("1", "1.0.0 1.9.9", "2.0.0 0.9.9 2.0.0-a")]
    [TestCase("0", "0.0.0 0.9.9", "1.0.0")]
    public void Tilde_holds_the_minor_fast(string from, string within, string outside) =>
        AssertRange(from, v => v.FixedByTilde, within, outside);

    [TestCase("1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0 2.0.0-a")]
    [TestCase("1.2", "1.2.0 1.9.0", "2.0.0 1.1.9")]
    [TestCase("0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2 1.0.0")]
    [TestCase("0.0.3", "0.0.3", "0.0.4 0.0.2 0.1.0")]
    [TestCase("0.0", "0.0.0 0.0.9", "0.1.0")]
    [TestCase("0", "0.0.0 0.9.9", "1.0.0")]
    [TestCase("0.0.0", "0.0.0", "0.0.1")]
    [TestCase("1.2.3-beta.2", "1.2.3-beta.2 1.2.3 1.3.0-a", "1.2.3-beta.1")]
    public void Caret_holds_what_may_not_break(string from, string within, string outside) =>
        AssertRange(from, v => v.FixedByCaret, within, outside);

    [Test]
    public void Times_agree_with_the_platform() =>
        Gen.Select(Gen.DateTimeOffset, Gen.Int[0, 7])
            .Sample(
                (time, digits) =>
                {
                    var format = $"yyyy-MM-ddTHH:mm:ss{(digits == 0 ? "" : "." + new string('f', digits))}zzz";
                    var text = time.ToString(format, CultureInfo.InvariantCulture);
                    var expected = DateTimeOffset.ParseExact(text, format, CultureInfo.InvariantCulture).UtcTicks;
                    return Timestamp.TryParse(text, out var ticks) && ticks == expected;
                },
                iter: 10_000
            );

    [TestCase("2026-01-31", "2026-01-31T00:00:00Z")]
    [TestCase("2026-01-31t05:30:00z", "2026-01-31T05:30:00.0000000Z")]
    [TestCase("2026-01-31T00:00:00-00:00", "2026-01-31")]
    [TestCase("2025-12-31T23:59:60Z", "2026-01-01")]
    [TestCase("2026-01-01T00:00:00.12345678999Z", "2026-01-01T00:00:00.1234567Z")]
    [TestCase("0001-01-01T00:00:00-01:00", "0001-01-01T01:00:00Z")]
    [TestCase("2026-01-31T23:59:00+23:59", "2026-01-31")]
    public void Times_written_differently_are_equal(string left, string right)
    {
        Assert.That(
            Timestamp.TryParse(left, out var leftTicks)
                && Timestamp.TryParse(right, out var rightTicks)
                && leftTicks == rightTicks
        );
    }

    [TestCase("")]
    [TestCase("2026")]
    [TestCase("2026-1-31")]
    [TestCase("2026/01/31")]
    [TestCase("2026/01-31")]
    [TestCase("2026-01/31")]
    [TestCase("202a-01-31")]
    [TestCase("2026-0a-31")]
    [TestCase("2026-01-3a")]
    [TestCase("2026-01-00")]
    [TestCase("2026-01-32")]
    [TestCase("2026-13-01")]
    [TestCase("2026-00-01")]
    [TestCase("2026-02-29")]
    [TestCase("0000-01-01")]
    [TestCase("2026-01-31T")]
    [TestCase("2026-01-31T00:00Z")]
    [TestCase("2026-01-31T00:00:00")]
    [TestCase("2026-01-31 00:00:00Z")]
    [TestCase("2026-01-31T24:00:00Z")]
    [TestCase("2026-01-31T00:60:00Z")]
    [TestCase("2026-01-31T00:00:61Z")]
    [TestCase("2026-01-31T00:00:00.Z")]
    [TestCase("2026-01-31T00:00:00.5")]
    [TestCase("2026-01-31T00:00:00+0100")]
    [TestCase("2026-01-31T00:00:00+24:00")]
    [TestCase("2026-01-31T00:00:00+01:60")]
    [TestCase("2026-01-31T00:00:00*01:00")]
    [TestCase("2026-01-31T0a:00:00Z")]
    [TestCase("2026-01-31T00:0a:00Z")]
    [TestCase("2026-01-31T00:00:0aZ")]
    [TestCase("2026-01-31T00-00-00Z")]
    [TestCase("2026-01-31T00-00:00Z")]
    [TestCase("2026-01-31T00:00-00Z")]
    [TestCase("2026-01-31T00:00:00+0a:00")]
    [TestCase("2026-01-31T00:00:00+00:0a")]
    [TestCase("2026-01-31T00:00:00+01-00")]
    [TestCase("2026-01-31T00:00:00Zulu")]
    public void Other_text_is_no_time(string text) => Assert.That(Timestamp.TryParse(text, out _), Is.False);

    [TestCase(-62_135_596_800_000, true)]
    [TestCase(-62_135_596_800_001, false)]
    [TestCase(253_402_300_799_999, true)]
    [TestCase(253_402_300_800_000, false)]
    [TestCase(double.NaN, false)]
    public void Epoch_milliseconds_reach_from_the_year_1_to_9999(double milliseconds, bool isTime) =>
        Assert.That(Timestamp.TryFromEpoch(milliseconds, out _), Is.EqualTo(isTime));

    [TestCase(0, 0)]
    [TestCase(0.5, 5_000)]
    [TestCase(-0.5, -5_000)]
    [TestCase(1_769_904_000_000.25, 17_699_040_000_002_500)]
    public void Epoch_milliseconds_have_fractions(double milliseconds, long ticks)
    {
        Assert.That(Timestamp.TryFromEpoch(milliseconds, out var read), Is.True);
        Assert.That(read - DateTime.UnixEpoch.Ticks, Is.EqualTo(ticks));
    }

    [Test]
    public void Addresses_agree_with_the_platform() =>
        Gen.Select(Gen.Bool, Gen.Byte.Array[16], Gen.Bool)
            .Sample(
                (isV4, bytes, expanded) =>
                {
                    var address = new IPAddress(isV4 ? bytes[..4] : bytes);
                    var text =
                        expanded && !isV4
                            ? string.Join(':', bytes.Chunk(2).Select(b => $"{b[0]:X2}{b[1]:x2}"))
                            : address.ToString();
                    var expected = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
                    return IpAddress.TryParse(text, out var read)
                        && BytesOf(read).SequenceEqual(expected.GetAddressBytes());
                },
                iter: 10_000
            );

    [TestCase("::", "0:0:0:0:0:0:0:0")]
    [TestCase("1::", "1:0:0:0:0:0:0:0")]
    [TestCase("::8", "0:0:0:0:0:0:0:8")]
    [TestCase("1:2::7:8", "1:2:0:0:0:0:7:8")]
    [TestCase("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0")]
    [TestCase("64:ff9b::192.0.2.33", "64:ff9b:0:0:0:0:c000:221")]
    [TestCase("::ffff:192.0.2.33", "192.0.2.33")]
    [TestCase("1:2:3:4:5:6:192.0.2.33", "1:2:3:4:5:6:c000:221")]
    public void Addresses_written_differently_are_equal(string left, string right) =>
        Assert.That(Address(left), Is.EqualTo(Address(right)));

    [TestCase("")]
    [TestCase("1.2.3")]
    [TestCase("1.2.3.4.5")]
    [TestCase("1.2.3.256")]
    [TestCase("1.2.3.04")]
    [TestCase("1.2.3.-4")]
    [TestCase("1.2.3.4 ")]
    [TestCase("0x1.2.3.4")]
    [TestCase("16909060")]
    [TestCase("1:2:3:4:5:6:7")]
    [TestCase("1:2:3:4:5:6:7:8:9")]
    [TestCase("1:2:3:4:5:6:7:8::")]
    [TestCase("1:2:3:4::5:6:7:8")]
    [TestCase("1::2::3")]
    [TestCase(":::")]
    [TestCase(":1:2:3:4:5:6:7")]
    [TestCase("12345::")]
    [TestCase("g::")]
    [TestCase("1.2.3.4::")]
    [TestCase("::1.2.3.4:5")]
    [TestCase("1:2:3:4:5:6:7:1.2.3.4")]
    [TestCase("1:2:3:4:5:6::1.2.3.4")]
    [TestCase("fe80::1%eth0")]
    [TestCase("[::1]")]
    [TestCase("[::1]:80")]
    public void Other_text_is_no_address(string text) => Assert.That(IpAddress.TryParse(text, out _), Is.False);

    [TestCase("10.1.2.3/8", "10.255.0.1", true)]
    [TestCase("10.1.2.3/32", "10.1.2.4", false)]
    [TestCase("0.0.0.0/0", "255.1.1.1", true)]
    [TestCase("0.0.0.0/0", "::1", false)]
    [TestCase("::/0", "::1", true)]
    [TestCase("::/0", "10.0.0.1", false)]
    [TestCase("2001:db8::/33", "2001:db8:8000::", false)]
    [TestCase("2001:db8::1/128", "2001:db8::1", true)]
    [TestCase("::ffff:10.0.0.0/104", "10.9.9.9", true)]
    [TestCase("::ffff:10.0.0.0/128", "10.0.0.0", true)]
    public void A_block_holds_the_addresses_of_its_prefix(string block, string address, bool holds)
    {
        Assert.That(IpNetwork.TryParse(block, out var network));
        Assert.That(network.Contains(Address(address)), Is.EqualTo(holds));
    }

    [TestCase("10.0.0.1")]
    [TestCase("10.0.0.0/33")]
    [TestCase("10.0.0.0/-1")]
    [TestCase("10.0.0.0/")]
    [TestCase("10.0.0.0/08")]
    [TestCase("10.0.0/8")]
    [TestCase("::/129")]
    [TestCase("::ffff:10.0.0.0/95")]
    [TestCase("10.0.0.0/8/8")]
    public void Other_text_is_no_block(string text) => Assert.That(IpNetwork.TryParse(text, out _), Is.False);

    private static SemanticVersion Version(string text)
    {
        Assert.That(SemanticVersion.TryParse(text, out var version), text);
        return version;
    }

    private static IpAddress Address(string text)
    {
        Assert.That(IpAddress.TryParse(text, out var address), text);
        return address;
    }

    private static byte[] BytesOf(IpAddress address)
    {
        var bytes = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, address.Bits);
        return address.IsV4 ? bytes[12..] : bytes;
    }

    private static void AssertRange(string from, Func<SemanticVersion, int> parts, string within, string outside)
    {
        var start = Version(from);
        foreach (var version in within.Split(' '))
            Assert.That(Version(version).IsWithin(start, parts(start)), Is.True, version);
        foreach (var version in outside.Split(' '))
            Assert.That(Version(version).IsWithin(start, parts(start)), Is.False, version);
    }
}
