using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace FeatureFlags.BuildingBlocks.Http;

/// <summary>Reads query values strictly and notes every one that is malformed; nothing is clamped or guessed.</summary>
public sealed class QueryReader(HttpRequest request)
{
    private readonly Dictionary<string, string[]> _errors = new(StringComparer.Ordinal);

    public string? Text(string name, int maxLength = 256)
    {
        var values = request.Query[name];
        if (values.Count == 0 || values is [""])
            return null;
        if (values.Count > 1)
            return Wrong(name, "must be given once");
        // PostgreSQL has no text with it, so nothing that is stored could match.
        if (values[0]!.Contains('\0'))
            return Wrong(name, "must not contain U+0000");
        return values[0]!.Length <= maxLength ? values[0] : Wrong(name, $"must be at most {maxLength} characters");
    }

    public int Integer(string name, int min, int max, int fallback)
    {
        if (Text(name) is not { } text)
            return fallback;
        if (
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            && value >= min
            && value <= max
        )
            return value;
        Wrong(name, $"must be a whole number from {min} to {max}");
        return fallback;
    }

    public string? OneOf(string name, params IReadOnlyCollection<string> known) =>
        Text(name) is not { } text ? null
        : known.Contains(text) ? text
        : Wrong(name, $"must be one of: {string.Join(", ", known)}");

    /// <summary>Some of the known values, with commas between them.</summary>
    public IReadOnlySet<string>? SomeOf(string name, IReadOnlyCollection<string> known)
    {
        if (Text(name, maxLength: 2048)?.Split(',', StringSplitOptions.TrimEntries) is not { } values)
            return null;
        if (values.Except(known).Any())
            Wrong(name, $"must be some of, with commas between: {string.Join(", ", known)}");
        return values.ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>An RFC 3339 time, e.g. <c>2026-01-31T12:00:00Z</c>.</summary>
    public DateTimeOffset? Time(string name)
    {
        if (Text(name) is not { } text)
            return null;
        if (Rfc3339.TryRead(text, out var time))
            return time;
        Wrong(name, "must be an RFC 3339 time such as 2026-01-31T12:00:00Z ('+' in an offset is sent as %2B)");
        return null;
    }

    /// <exception cref="BadRequestException">Something that was read is malformed.</exception>
    public void Check()
    {
        if (_errors.Count > 0)
            throw new BadRequestException("One or more query values are malformed; see errors.", _errors);
    }

    private string? Wrong(string name, string message)
    {
        _errors[name] = [message];
        return null;
    }
}
