using System.Buffers.Text;
using System.Text;
using FeatureFlags.Evaluation.Features;

namespace FeatureFlags.UnitTests.Evaluation;

internal sealed class BucketTextTests
{
    private const double Unit = 1.0 / (1L << 53);

    [Test]
    public void A_bucket_is_written_as_the_platform_writes_it([Range(1, 4)] int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 250_000; i++)
            AssertAsThePlatform(random.NextInt64(1L << 53) * Unit);
    }

    [Test]
    public void So_are_buckets_of_few_bits_and_those_at_the_edges([Range(0, 53)] int bits)
    {
        var random = new Random(bits);
        for (var i = 0; i < 2_000; i++)
            AssertAsThePlatform((random.NextInt64(1L << 53) >> bits << bits) * Unit);
        AssertAsThePlatform((1L << bits) * Unit);
        AssertAsThePlatform(((1L << bits) - 1) * Unit);
    }

    [TestCase(0.1)]
    [TestCase(0.01)]
    [TestCase(0.3)]
    [TestCase(1e-9)]
    [TestCase(0.0099999999999999)]
    [TestCase(1.0)]
    [TestCase(12.5)]
    public void So_is_whatever_is_no_bucket(double number) => AssertAsThePlatform(number);

    private static void AssertAsThePlatform(double number)
    {
        Span<byte> ours = stackalloc byte[32];
        Span<byte> platforms = stackalloc byte[32];
        var length = BucketText.Write(number, ours);
        Utf8Formatter.TryFormat(number, platforms, out var expected);

        // Asserted only where it differs: a million assertions would take longer than the writing.
        if (!ours[..length].SequenceEqual(platforms[..expected]))
            Assert.Fail(
                $"{Encoding.ASCII.GetString(ours[..length])} for {Encoding.ASCII.GetString(platforms[..expected])}"
            );
    }
}
