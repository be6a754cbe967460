using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace FeatureFlags.Testing;

/// <summary>What a snapshot leaves out. Immutable: a suite keeps its own in a field and every test passes it.</summary>
public sealed class SnapshotSettings
{
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.IgnoreCase;

    private readonly ImmutableList<(string Label, Regex Pattern)> _scrubbers;

    private SnapshotSettings(
        ImmutableList<(string Label, Regex Pattern)> scrubbers,
        ImmutableHashSet<string> ignoredParameters
    )
    {
        _scrubbers = scrubbers;
        IgnoredParameters = ignoredParameters;
    }

    /// <summary>Scrubs UUIDs and RFC 3339 timestamps; every parameter of the test is part of the file's name.</summary>
    public static SnapshotSettings Default { get; } =
        new(
            [
                ("Guid", new Regex(@"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", Linear)),
                ("DateTimeOffset", new Regex(@"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", Linear)),
            ],
            ignoredParameters: []
        );

    internal ImmutableHashSet<string> IgnoredParameters { get; }

    /// <summary>Also writes what matches <paramref name="pattern"/> as <c>Label_1</c>; it goes before the others.</summary>
    public SnapshotSettings Scrub(string label, Regex pattern) =>
        new(_scrubbers.Insert(0, (label, pattern)), IgnoredParameters);

    /// <summary>One snapshot for every value of these parameters, so that all of them must give the same.</summary>
    public SnapshotSettings IgnoreParameters(params ReadOnlySpan<string> names) =>
        new(_scrubbers, IgnoredParameters.Union(names.ToArray()));

    internal string Scrubbed(string text) =>
        _scrubbers.Aggregate(text, (scrubbed, scrubber) => Numbered(scrubbed, scrubber.Label, scrubber.Pattern));

    private static string Numbered(string text, string label, Regex pattern)
    {
        var numbers = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        return pattern.Replace(
            text,
            match =>
            {
                numbers.TryAdd(match.Value, numbers.Count + 1);
                return $"{label}_{numbers[match.Value]}";
            }
        );
    }
}
