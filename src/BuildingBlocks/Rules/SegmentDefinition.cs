using System.Text.Json;
using FeatureFlags.Rules.Json;
using FeatureFlags.Rules.Reading;

namespace FeatureFlags.Rules;

/// <summary>
/// A group of users: an id that is excluded is no member, else one that is included is, else the criteria decide.
/// </summary>
public sealed record SegmentDefinition
{
    private SegmentDefinition(string key) => Key = key;

    public string Key { get; }

    public long Version { get; init; }

    /// <summary>
    /// How far its lists had come when they were read: whoever reads them again needs only what came since. Evaluation
    /// makes nothing of it.
    /// </summary>
    public long Position { get; init; }

    /// <summary>Null: only who is included is a member.</summary>
    public Condition? Criteria { get; private init; }

    public MemberSet Included { get; init; } = MemberSet.Empty;

    public MemberSet Excluded { get; init; } = MemberSet.Empty;

    /// <summary>Every place where the criteria name a flag or another segment.</summary>
    public IReadOnlyList<Reference> References { get; private init; } = [];

    /// <summary>Why the segment can't be evaluated, nor any flag that uses it; null when it can.</summary>
    public string? Error { get; private init; }

    /// <summary>Reads <c>criteria</c> of a segment's body; the caller reads the other members and sets the lists.</summary>
    /// <returns>Null when there was a problem; each is noted by its path.</returns>
    public static SegmentDefinition? Read(string key, JsonObjectReader body, Problems problems)
    {
        var known = problems.Items.Count;
        var reader = new ConditionReader(problems);
        var criteria = body.Any("criteria") is { } element ? reader.Read(element, body.PathOf("criteria")) : null;
        return problems.Items.Count == known
            ? new SegmentDefinition(key) { Criteria = criteria, References = reader.References }
            : null;
    }

    /// <summary>
    /// Reads a body that was accepted when it was written. Should it not be acceptable any more, the flags that use
    /// what comes back answer with an error.
    /// </summary>
    public static SegmentDefinition Restore(string key, long version, JsonElement body)
    {
        var problems = new Problems();
        var reader = JsonObjectReader.Over(body, "", problems);
        if (reader is not null && Read(key, reader, problems) is { } definition)
            return definition with { Version = version };

        return new SegmentDefinition(key) { Version = version, Error = problems.Summary() };
    }
}
