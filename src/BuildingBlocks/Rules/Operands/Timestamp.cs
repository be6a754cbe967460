using FeatureFlags.Rules.Engine;

namespace FeatureFlags.Rules.Operands;

/// <summary>
/// A moment in ticks (100 ns) since 0001-01-01 UTC: RFC 3339 text, a date alone meaning its midnight UTC, or epoch
/// milliseconds. Finer fractions are cut off; a leap second is the first of the next minute.
/// </summary>
internal static class Timestamp
{
    private const double EarliestMilliseconds = -62_135_596_800_000;
    private const double LatestMilliseconds = 253_402_300_799_999;
    private const int FractionDigits = 7;

    public static bool TryRead(in AttributeValue value, out long ticks)
    {
        switch (value.Kind)
        {
            case ValueKind.Text:
                return TryParse(value.Text, out ticks);
            case ValueKind.Number:
                return TryFromEpoch(value.Number, out ticks);
            default:
                ticks = 0;
                return false;
        }
    }

    /// <param name="milliseconds">Since 1970, in the years 1 to 9999.</param>
    /// <param name="ticks">The moment.</param>
    public static bool TryFromEpoch(double milliseconds, out long ticks)
    {
        ticks = 0;
        if (!(milliseconds >= EarliestMilliseconds && milliseconds <= LatestMilliseconds))
            return false;

        var whole = Math.Floor(milliseconds);
        var fraction = (long)((milliseconds - whole) * TimeSpan.TicksPerMillisecond);
        ticks = DateTime.UnixEpoch.Ticks + ((long)whole * TimeSpan.TicksPerMillisecond) + fraction;
        return true;
    }

    public static bool TryParse(ReadOnlySpan<char> text, out long ticks)
    {
        ticks = 0;
        if (!TryTakeDate(ref text, ref ticks))
            return false;
        if (text.IsEmpty)
            return true;

        return text[0] is 'T' or 't'
            && TryTakeClock(text = text[1..], out var rest, ref ticks)
            && TryTakeOffset(rest, ref ticks);
    }

    private static bool TryTakeDate(ref ReadOnlySpan<char> text, ref long ticks)
    {
        if (text.Length < 10 || text[4] != '-' || text[7] != '-')
            return false;
        if (
            !TryNumber(text[..4], out var year)
            || !TryNumber(text[5..7], out var month)
            || !TryNumber(text[8..10], out var day)
        )
            return false;
        if (year == 0 || month is 0 or > 12 || day == 0 || day > DateTime.DaysInMonth(year, month))
            return false;

        ticks = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc).Ticks;
        text = text[10..];
        return true;
    }

    private static bool TryTakeClock(ReadOnlySpan<char> text, out ReadOnlySpan<char> rest, ref long ticks)
    {
        rest = default;
        if (text.Length < 8 || text[2] != ':' || text[5] != ':')
            return false;
        if (
            !TryNumber(text[..2], out var hour)
            || !TryNumber(text[3..5], out var minute)
            || !TryNumber(text[6..8], out var second)
        )
            return false;
        if (hour > 23 || minute > 59 || second > 60)
            return false;

        ticks += new TimeSpan(hour, minute, second).Ticks;
        rest = text[8..];
        if (rest is not ['.', ..])
            return true;

        var digits = rest[1..].IndexOfAnyExceptInRange('0', '9');
        if (digits <= 0)
            return false;
        var unit = TimeSpan.TicksPerSecond;
        for (var i = 1; i <= Math.Min(digits, FractionDigits); i++)
            ticks += (rest[i] - '0') * (unit /= 10);
        rest = rest[(digits + 1)..];
        return true;
    }

    private static bool TryTakeOffset(ReadOnlySpan<char> text, ref long ticks)
    {
        if (text is "Z" or "z")
            return true;
        if (text.Length != 6 || text[0] is not ('+' or '-') || text[3] != ':')
            return false;
        if (
            !TryNumber(text[1..3], out var hours)
            || !TryNumber(text[4..6], out var minutes)
            || hours > 23
            || minutes > 59
        )
            return false;

        var offset = new TimeSpan(hours, minutes, 0).Ticks;
        ticks += text[0] == '-' ? offset : -offset;
        return true;
    }

    private static bool TryNumber(ReadOnlySpan<char> digits, out int number)
    {
        number = 0;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit(digit))
                return false;
            number = (number * 10) + (digit - '0');
        }
        return true;
    }
}
