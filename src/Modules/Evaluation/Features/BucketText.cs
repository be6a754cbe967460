using System.Buffers;
using System.Buffers.Text;

namespace FeatureFlags.Evaluation.Features;

/// <summary>
/// Writes a bucket as JSON numbers are written: in the fewest digits that read back as the same number. A batch holds
/// two of them an item, and they were a fifth of its cost. The platform's formatter takes any number; a bucket is a
/// whole number of 2^-53, for which integers decide exactly, in less than half the time. What is not plain in that way is
/// left to the platform.
/// </summary>
internal static class BucketText
{
    private const int FractionBits = 53;
    private const ulong Half = 1UL << (FractionBits - 1);

    // From here on 18 places always do, and 10^18 is an integer.
    private const double Least = 0.01;
    private const int FewestPlaces = 15;
    private const int MostPlaces = 18;

    /// <param name="text">At least 32 bytes.</param>
    /// <returns>How many bytes were written.</returns>
    public static int Write(double bucket, Span<byte> text)
    {
        var units = (ulong)(bucket * (1UL << FractionBits));
        if (bucket is >= Least and < 1 && (double)units / (1UL << FractionBits) == bucket)
        {
            var scale = 1_000_000_000_000_000UL;
            for (var places = FewestPlaces; places <= MostPlaces; places++, scale *= 10)
            {
                var exact = (UInt128)units * scale;
                var decimals = (ulong)((exact + Half) >> FractionBits);
                var rounded = (UInt128)decimals << FractionBits;
                var error = (ulong)(rounded > exact ? rounded - exact : exact - rounded);
                // Reads back if it is nearer than half of the distance to the next number.
                if (error << -Math.ILogB(bucket) >= scale)
                    continue;
                // Fewer places might do too, or there are two decimals as near as each other.
                if (places == FewestPlaces || error == Half)
                    break;

                "0."u8.CopyTo(text);
                Utf8Formatter.TryFormat(decimals, text[2..], out _, new StandardFormat('D', (byte)places));
                return 2 + places;
            }
        }
        Utf8Formatter.TryFormat(bucket, text, out var length);
        return length;
    }
}
