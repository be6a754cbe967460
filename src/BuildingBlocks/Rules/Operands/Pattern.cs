using System.Text.RegularExpressions;

namespace FeatureFlags.Rules.Operands;

/// <summary>
/// A regular expression that is found anywhere in a text, in time linear to it. Linear is not yet cheap: an automaton
/// such as that of <c>(.*a.{200})+$</c> takes 50 ms a character and caches gigabytes, and the engine's own time-out,
/// which it looks at once in a thousand characters, does not always stop it. So a match is bounded before it begins, by
/// the size of the pattern times the length of the text (<see cref="Limits.RegexSteps"/>), the same on every machine;
/// and the automaton is dropped whenever it has grown by <see cref="Limits.RegexCacheBytes"/>.
/// </summary>
internal sealed partial class Pattern
{
    private readonly string _source;
    private readonly RegexOptions _options;
    private readonly int _longestText;
    private Regex _regex;
    private long _grown;

    private Pattern(string source, RegexOptions options, long size)
    {
        _longestText = (int)(Limits.RegexSteps / size);
        _source = source;
        _options = options;
        _regex = Built();
    }

    /// <returns>The pattern, or why the engine can't take it.</returns>
    public static (Pattern Value, string? Refusal) Parse(string source, bool ignoreCase)
    {
        if (source.Length > Limits.RegexLength)
            return (null!, $"must be at most {Limits.RegexLength} characters");
        if (PosixClass().IsMatch(source))
            return (
                null!,
                @"must not hold a POSIX class such as [[:alpha:]], which would be misread; write \p{L}, \d, \s, \w"
            );
        var size = PatternSize.Of(source);
        if (size > Limits.RegexSize)
            return (null!, $"must not repeat as much: it has size {size}, and may have {Limits.RegexSize}");
        try
        {
            var options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
            var pattern = new Pattern(source, ignoreCase ? options | RegexOptions.IgnoreCase : options, size);
            return (pattern, null);
        }
        catch (RegexParseException e)
        {
            return (null!, $"must be a regular expression: {e.Message}");
        }
        catch (NotSupportedException e)
        {
            return (null!, $"must be a regular expression that is matched in linear time: {e.Message}");
        }
    }

    /// <exception cref="RegexMatchTimeoutException">The match might take, or took, longer than its bound.</exception>
    public bool IsMatch(string text)
    {
        if (text.Length > _longestText)
            throw new RegexMatchTimeoutException(text, _source, _regex.MatchTimeout);

        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            return _regex.IsMatch(text);
        }
        finally
        {
            // A race here loses some of the count, or builds the automaton twice: neither matters.
            _grown += GC.GetAllocatedBytesForCurrentThread() - before;
            if (_grown > Limits.RegexCacheBytes)
            {
                _regex = Built();
                _grown = 0;
            }
        }
    }

    private Regex Built() => new(_source, _options, TimeSpan.FromMilliseconds(Limits.RegexMilliseconds));

    // An opening bracket that is not escaped, so that \[:alpha:] may still mean these characters.
    [GeneratedRegex(
        @"(^|[^\\])(\\\\)*\[:\^?[A-Za-z]+:\]",
        RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex PosixClass();
}
