using System.Globalization;

namespace FeatureFlags.Rules.Operands;

/// <summary>Text that is a plain decimal number: digits, a fraction if there is one, a minus sign if need be.</summary>
internal static class DecimalText
{
    public static bool TryParse(string text, out double number)
    {
        number = 0;
        var digits = text.AsSpan(text is ['-', ..] ? 1 : 0);
        var point = digits.IndexOf('.');
        return (point < 0 ? AreDigits(digits) : AreDigits(digits[..point]) && AreDigits(digits[(point + 1)..]))
            && double.TryParse(
                text,
                NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out number
            );
    }

    private static bool AreDigits(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');
}
