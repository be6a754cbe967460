using System.Text.Json;
using FeatureFlags.Rules.Engine;
using FeatureFlags.Rules.Json;
using FeatureFlags.Rules.Reading;

namespace FeatureFlags.Rules;

/// <param name="Key">Unique in its flag.</param>
/// <param name="Weight">Its share of users that no rule takes, relative to the other variants; 0 or more.</param>
/// <param name="Value">Any JSON value; null: none.</param>
public sealed record Variant(string Key, double Weight, JsonElement? Value);

/// <summary>The flag answers only while that flag gives the same user one of these variants.</summary>
public sealed record Prerequisite(string Key, IReadOnlyList<string> Variants);

/// <param name="Variant">The key of a variant.</param>
/// <param name="Weight">Relative to the other shares; 0 or more.</param>
public sealed record Share(string Variant, double Weight);

/// <param name="Id">Unique in its flag.</param>
/// <param name="Order">Rules are looked at from the lowest order up; unique in its flag.</param>
/// <param name="Description">For people.</param>
/// <param name="When">Whom it is for.</param>
/// <param name="Rollout">What they get: one share is all of it.</param>
public sealed record Rule(string Id, int Order, string? Description, Condition When, IReadOnlyList<Share> Rollout);

/// <summary>How a flag's buckets are made.</summary>
public static class HashingSchemes
{
    /// <summary>Our own, unless a flag names another: <see cref="Bucketing"/>.</summary>
    public const string Xxh64 = "xxh64";

    /// <summary>
    /// That of Unleash's clients, for flags that come from there with their users: percentages and weights are whole
    /// numbers, and all splits of the flag have weights of the same sum.
    /// </summary>
    public const string Unleash = "unleash";
}

/// <summary>
/// What evaluation uses of a flag, read from JSON and checked, with defaults filled in. Two definitions are the same
/// record only if they are the same object: compare what they were read from.
/// </summary>
public sealed record FlagDefinition
{
    private FlagDefinition(string key) => Key = key;

    public string Key { get; }

    public long Version { get; init; }

    /// <summary>By which callers ask for many flags at once. Evaluation makes nothing of them.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    public bool On { get; private init; }

    public IReadOnlyList<Variant> Variants { get; private init; } = [];

    /// <summary>The key of the variant that a flag gives while it is off, unmet or in error.</summary>
    public string OffVariant { get; private init; } = "";

    /// <summary>Attributes of which the first that is there is the user's bucket key.</summary>
    public IReadOnlyList<string> BucketBy => Bucketed.Paths;

    /// <summary>The flag's part in the bucket; its key, unless it names another.</summary>
    public string Salt { get; private init; } = "";

    /// <summary>One of <see cref="HashingSchemes"/>.</summary>
    public string Hashing { get; private init; } = HashingSchemes.Xxh64;

    public IReadOnlyList<Prerequisite> Prerequisites { get; private init; } = [];

    /// <summary>By order.</summary>
    public IReadOnlyList<Rule> Rules { get; private init; } = [];

    /// <summary>Every place where the flag names a segment or another flag.</summary>
    public IReadOnlyList<Reference> References { get; private init; } = [];

    /// <summary>Why the flag can't be evaluated; null when it can.</summary>
    public string? Error { get; private init; }

    internal BucketBy Bucketed { get; private init; } = Engine.BucketBy.Id;

    /// <summary>
    /// Reads <c>state, variants, off_variant, bucket_by, salt, hashing, prerequisites, rules</c> of a flag's body. The
    /// caller reads the other members, and refuses those nobody knows.
    /// </summary>
    /// <returns>Null when there was a problem; each is noted by its path.</returns>
    public static FlagDefinition? Read(string key, JsonObjectReader body, Problems problems) =>
        new FlagReader(body, problems).Read(new FlagDefinition(key));

    /// <summary>
    /// Reads a body that was accepted when it was written. Should it not be acceptable any more, what comes back
    /// answers with its off variant and an error: a flag is never missing because of its definition.
    /// </summary>
    public static FlagDefinition Restore(string key, long version, JsonElement body)
    {
        var problems = new Problems();
        var reader = JsonObjectReader.Over(body, "", problems);
        if (reader is not null && Read(key, reader, problems) is { } definition)
            return definition with { Version = version };

        return new FlagDefinition(key)
        {
            Version = version,
            OffVariant = reader?.Text("off_variant") ?? "",
            // What it buckets by is not known either, so it reports no bucket.
            Bucketed = new BucketBy([]),
            Error = problems.Summary(),
        };
    }

    internal FlagDefinition With(
        bool on,
        IReadOnlyList<Variant> variants,
        string offVariant,
        BucketBy bucketBy,
        string? salt,
        string hashing,
        IReadOnlyList<Prerequisite> prerequisites,
        IReadOnlyList<Rule> rules,
        IReadOnlyList<Reference> references
    ) =>
        this with
        {
            On = on,
            Variants = variants,
            OffVariant = offVariant,
            Bucketed = bucketBy,
            Salt = salt ?? Key,
            Hashing = hashing,
            Prerequisites = prerequisites,
            Rules = rules,
            References = references,
        };
}
