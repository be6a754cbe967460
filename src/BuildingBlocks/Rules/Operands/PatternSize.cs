using System.Globalization;

namespace FeatureFlags.Rules.Operands;

/// <summary>
/// How many steps a character of the text may cost the engine that matches in linear time, told from the text of a
/// pattern that it accepts. A pattern has a place for each character or class it names, as often as it counts it:
/// <c>a{3}b</c> has 4. The engine may stand at all of them at once, so each is a step; and where a group that is
/// repeated can begin again at each of its places, every pair of them is: <c>(a{30}b)+</c> takes 31 times 31.
/// Measured, a step takes up to a microsecond, and most take a thousandth of that.
/// </summary>
internal ref struct PatternSize
{
    private const long Most = int.MaxValue;

    private readonly ReadOnlySpan<char> _source;
    private int _next;
    private long _pairs;

    private PatternSize(ReadOnlySpan<char> source) => _source = source;

    public static long Of(string source)
    {
        var size = new PatternSize(source);
        var places = 1 + size.Places();
        // A bracket in a comment may close what nothing opened.
        while (size.Skip(')'))
            places += size.Places();
        return Math.Min(Most, places + size._pairs);
    }

    private bool AtEnd => _next >= _source.Length;

    /// <summary>The places up to the end of the group.</summary>
    private long Places()
    {
        var sum = 0L;
        while (!AtEnd && _source[_next] != ')')
        {
            var isGroup = _source[_next] == '(';
            var places = Math.Min(Most, Place());
            if (Count() is { } count)
            {
                places = Math.Min(Most, places * count);
                if (isGroup)
                    _pairs = Math.Min(Most, _pairs + places * places);
            }
            sum += places;
        }
        return Math.Min(Most, sum);
    }

    private long Place()
    {
        switch (_source[_next++])
        {
            case '(':
                if (Skip('?'))
                    SkipPast(":)'>");
                var inside = _source[_next - 1] == ')' ? 0 : Places();
                Skip(')');
                return inside;
            case '[':
                SkipClass();
                return 1;
            case '\\':
                if (Skip('p') || Skip('P'))
                    SkipPast("}");
                else
                    _next++;
                return 1;
            case '|' or '^' or '$':
                return 0;
            default:
                return 1;
        }
    }

    /// <summary>How often what comes before is counted; 1 where that has no end. Null: it is not repeated.</summary>
    private long? Count()
    {
        var behind = _next;
        SkipBlanks();
        var counted = _next;
        long? count = null;
        if (Skip('*') || Skip('+'))
            count = 1;
        else if (!Skip('?') && !AtEnd && _source[_next] == '{' && Bounds() is { } bound)
            count = bound;
        if (count is not null)
            Skip('?');
        else if (_next == counted)
            _next = behind;
        return count;
    }

    // Between a place and its count a comment may stand, and in some patterns blanks: they are skipped in all of them.
    private void SkipBlanks()
    {
        while (!AtEnd)
        {
            if (char.IsWhiteSpace(_source[_next]))
                _next++;
            else if (_source[_next] == '#')
                SkipPast("\n");
            else if (_source[_next..].StartsWith("(?#"))
                SkipPast(")");
            else
                return;
        }
    }

    /// <summary>The greater number between braces; null where there is none, and the brace is a character.</summary>
    private long? Bounds()
    {
        var length = _source[_next..].IndexOf('}');
        if (length < 0)
            return null;
        var bounds = _source.Slice(_next + 1, length - 1);
        var comma = bounds.IndexOf(',');
        if (comma == 0)
            return null;
        var last = comma < 0 || comma == bounds.Length - 1 ? bounds.TrimEnd(',') : bounds[(comma + 1)..];
        if (!int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var bound))
            return null;
        _next += length + 1;
        return comma < 0 ? bound : Math.Max(1, bound);
    }

    // As the engine reads it: "]" at the start is a character, and so is "[", but for the one behind a hyphen that is
    // not a character itself: there begins a class to be taken away from this one.
    private void SkipClass()
    {
        Skip('^');
        var inRange = false;
        for (var first = true; !AtEnd; first = false)
        {
            var c = _source[_next++];
            if (c == ']' && !first)
                return;
            if (c == '\\' && !AtEnd && SkipEscapedClass())
                continue;

            if (inRange)
            {
                inRange = false;
                if (c == '[' && !first)
                    SkipClass();
            }
            else if (_next + 1 < _source.Length && _source[_next] == '-' && _source[_next + 1] != ']')
            {
                inRange = true;
                _next++;
            }
            else if (c == '-' && !first && Skip('['))
            {
                SkipClass();
            }
        }
    }

    /// <summary>Whether the escape stands for a class, or a hyphen, at which no range begins.</summary>
    private bool SkipEscapedClass()
    {
        var escaped = _source[_next++];
        if (escaped is 'p' or 'P')
            SkipPast("}");
        return "dDsSwWpP-".Contains(escaped);
    }

    private bool Skip(char c)
    {
        if (AtEnd || _source[_next] != c)
            return false;
        _next++;
        return true;
    }

    private void SkipPast(string ends)
    {
        var length = _source[_next..].IndexOfAny(ends);
        _next = length < 0 ? _source.Length : _next + length + 1;
    }
}
