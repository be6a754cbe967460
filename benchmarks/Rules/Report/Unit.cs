using System.Globalization;

namespace FeatureFlags.Benchmarks.Rules.Report;

/// <summary>Figures as people read them: three digits and a unit.</summary>
internal static class Unit
{
    public static string Time(double nanoseconds) => Scaled(nanoseconds, 1000, "ns", "µs", "ms", "s");

    public static string Size(double bytes) => Scaled(bytes, 1024, "B", "kB", "MB");

    public static string Count(int count) =>
        count >= 1_000_000 ? $"{count / 1_000_000} M" : count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>How many times as much; far below 1 as a fraction.</summary>
    public static string Ratio(double ratio) =>
        ratio >= 0.1 ? ThreeDigits(ratio) : string.Create(CultureInfo.InvariantCulture, $"1/{1 / ratio:N0}");

    private static string Scaled(double value, double step, params ReadOnlySpan<string> units)
    {
        var unit = 0;
        while (value >= step && unit < units.Length - 1)
        {
            value /= step;
            unit++;
        }
        return $"{ThreeDigits(value)} {units[unit]}";
    }

    private static string ThreeDigits(double value) =>
        value.ToString(
            value is >= 100 or 0 ? "N0"
                : value >= 10 ? "0.#"
                : "0.##",
            CultureInfo.InvariantCulture
        );
}
