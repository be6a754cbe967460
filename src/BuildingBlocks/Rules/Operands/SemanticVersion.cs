using System.Diagnostics.CodeAnalysis;

namespace FeatureFlags.Rules.Operands;

/// <summary>
/// A version in the order of semver.org 2.0.0, build metadata ignored. A leading <c>v</c> or <c>V</c> is skipped and
/// missing parts are 0; a number with a leading zero is no version. Parts stay text: they may be of any length.
/// </summary>
internal readonly struct SemanticVersion
{
    private readonly string _text;
    private readonly Range _major;
    private readonly Range _minor;
    private readonly Range _patch;
    private readonly Range _prerelease;

    private SemanticVersion(string text, ReadOnlySpan<Range> numbers, Range prerelease)
    {
        _text = text;
        Given = numbers.Length;
        _major = numbers[0];
        _minor = numbers.Length > 1 ? numbers[1] : default;
        _patch = numbers.Length > 2 ? numbers[2] : default;
        _prerelease = prerelease;
    }

    /// <summary>How many of major, minor and patch were written: 1 to 3.</summary>
    public int Given { get; }

    /// <summary>How many parts <c>~</c> holds fast: <c>~1.2.3</c> and <c>~1.2</c> are 1.2.x, <c>~1</c> is 1.x.</summary>
    public int FixedByTilde => Math.Min(Given, 2);

    /// <summary>How many parts <c>^</c> holds fast: those up to the first that is not 0, or all that were written.</summary>
    public int FixedByCaret
    {
        get
        {
            for (var i = 0; i < Given; i++)
            {
                if (Number(i) is not "0")
                    return i + 1;
            }
            return Given;
        }
    }

    public static bool TryParse(string text, out SemanticVersion version)
    {
        version = default;
        var at = text is ['v' or 'V', ..] ? 1 : 0;
        Span<Range> numbers = stackalloc Range[3];
        var given = 0;
        while (true)
        {
            var start = at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
                at++;
            if (at == start || (text[start] == '0' && at - start > 1))
                return false;

            numbers[given++] = start..at;
            if (given == 3 || at == text.Length || text[at] != '.')
                break;
            at++;
        }

        Range prerelease = default;
        if (at < text.Length && text[at] == '-')
        {
            var start = ++at;
            if (!SkipIdentifiers(text, ref at, numeric: true))
                return false;
            prerelease = start..at;
        }
        if (at < text.Length && text[at] == '+')
        {
            at++;
            if (!SkipIdentifiers(text, ref at, numeric: false))
                return false;
        }
        if (at != text.Length)
            return false;

        version = new SemanticVersion(text, numbers[..given], prerelease);
        return true;
    }

    public int CompareTo(in SemanticVersion other)
    {
        for (var i = 0; i < 3; i++)
        {
            var order = CompareNumbers(Number(i), other.Number(i));
            if (order != 0)
                return order;
        }
        return ComparePrereleases(_text.AsSpan(_prerelease), other._text.AsSpan(other._prerelease));
    }

    /// <summary>Not older than <paramref name="from"/>, and its first <paramref name="parts"/> parts equal.</summary>
    public bool IsWithin(in SemanticVersion from, int parts)
    {
        for (var i = 0; i < parts; i++)
        {
            if (!Number(i).SequenceEqual(from.Number(i)))
                return false;
        }
        return CompareTo(from) >= 0;
    }

    private ReadOnlySpan<char> Number(int part)
    {
        var digits = _text.AsSpan(
            part switch
            {
                0 => _major,
                1 => _minor,
                _ => _patch,
            }
        );
        return digits.IsEmpty ? "0" : digits;
    }

    /// <param name="text">The text of the version.</param>
    /// <param name="at">The start of dot-separated identifiers; moved behind them.</param>
    /// <param name="numeric">Whether an identifier of digits is a number, which has no leading zero.</param>
    private static bool SkipIdentifiers(string text, ref int at, [ConstantExpected] bool numeric)
    {
        while (true)
        {
            var start = at;
            var digits = true;
            while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '-'))
                digits &= char.IsAsciiDigit(text[at++]);
            if (at == start || (numeric && digits && text[start] == '0' && at - start > 1))
                return false;
            if (at == text.Length || text[at] != '.')
                return true;
            at++;
        }
    }

    // Without leading zeros the longer number is the greater one.
    private static int CompareNumbers(ReadOnlySpan<char> left, ReadOnlySpan<char> right) =>
        left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);

    private static int ComparePrereleases(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        if (left.IsEmpty || right.IsEmpty)
            return left.IsEmpty.CompareTo(right.IsEmpty);

        while (!left.IsEmpty && !right.IsEmpty)
        {
            var order = CompareIdentifiers(Next(ref left), Next(ref right));
            if (order != 0)
                return order;
        }
        return right.IsEmpty.CompareTo(left.IsEmpty);
    }

    private static int CompareIdentifiers(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        var leftIsNumber = !left.ContainsAnyExceptInRange('0', '9');
        var rightIsNumber = !right.ContainsAnyExceptInRange('0', '9');
        return (leftIsNumber, rightIsNumber) switch
        {
            (true, true) => CompareNumbers(left, right),
            (true, false) => -1,
            (false, true) => 1,
            _ => left.SequenceCompareTo(right),
        };
    }

    private static ReadOnlySpan<char> Next(ref ReadOnlySpan<char> identifiers)
    {
        var dot = identifiers.IndexOf('.');
        var next = dot < 0 ? identifiers : identifiers[..dot];
        identifiers = dot < 0 ? default : identifiers[(dot + 1)..];
        return next;
    }
}
