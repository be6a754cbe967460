namespace FeatureFlags.Rules;

/// <summary>
/// What a definition may hold. Sized well beyond what people write, and so that no tenant can make an evaluation slow
/// or a rule set big for the others; a definition beyond a limit is refused where it is written, by path.
/// </summary>
public static class Limits
{
    /// <summary>Variants of a flag.</summary>
    public const int Variants = 100;

    /// <summary>Characters of a variant's value as JSON.</summary>
    public const int ValueLength = 65_536;

    /// <summary>The greatest weight.</summary>
    public const int Weight = 1_000_000_000;

    /// <summary>Rules of a flag.</summary>
    public const int Rules = 500;

    /// <summary>Prerequisites of a flag.</summary>
    public const int Prerequisites = 50;

    /// <summary>Conditions of a flag or a segment, over all its rules: each operator, segment, flag, percentage, all, any and not.</summary>
    public const int Conditions = 5_000;

    /// <summary>Conditions inside one another.</summary>
    public const int Nesting = 10;

    /// <summary>Elements of an operand's list; segments of a condition.</summary>
    public const int ListLength = 10_000;

    /// <summary>Attributes in a bucket_by or by, of which the first that is there counts.</summary>
    public const int BucketBy = 10;

    /// <summary>Characters of a text in an operand.</summary>
    public const int TextLength = 4_096;

    /// <summary>Characters of a path.</summary>
    public const int PathLength = 256;

    /// <summary>Parts of a dotted path.</summary>
    public const int PathParts = 10;

    /// <summary>Characters of a key, a rule's id or a salt.</summary>
    public const int KeyLength = 128;

    /// <summary>Characters of a description.</summary>
    public const int DescriptionLength = 4_096;

    /// <summary>Characters of a regular expression.</summary>
    public const int RegexLength = 1_000;

    /// <summary>Regular expressions of a flag or a segment.</summary>
    public const int Regexes = 100;

    /// <summary>
    /// Size of a regular expression: a step for each place in it, and for each pair of places in a group that repeats.
    /// </summary>
    public const int RegexSize = 5_000;

    /// <summary>Size of a regular expression times characters of a text; beyond it the flag answers with an error.</summary>
    public const int RegexSteps = 1_000_000;

    /// <summary>
    /// Milliseconds one regular expression may take on one text, before the flag answers with an error; looked at once
    /// in a thousand characters.
    /// </summary>
    public const int RegexMilliseconds = 250;

    /// <summary>Bytes the automaton of a regular expression may grow by before it is dropped and built anew.</summary>
    public const int RegexCacheBytes = 8_388_608;

    /// <summary>Flags and segments in a chain of references; a flag at the head of a longer one answers with an error.</summary>
    public const int ReferenceDepth = 50;

    /// <summary>Flags and segments one evaluation may visit; a flag that could need more answers with an error.</summary>
    public const int ReferenceVisits = 10_000;

    /// <summary>All of them, for the documentation.</summary>
    public static IReadOnlyList<Limit> All { get; } =
    [
        new(nameof(Variants), Variants, "Variants of a flag"),
        new(nameof(ValueLength), ValueLength, "Characters of a variant's value as JSON"),
        new(nameof(Weight), Weight, "The greatest weight"),
        new(nameof(Rules), Rules, "Rules of a flag"),
        new(nameof(Prerequisites), Prerequisites, "Prerequisites of a flag"),
        new(
            nameof(Conditions),
            Conditions,
            "Conditions of a flag or a segment, over all its rules: each operator, segment, flag, percentage, all, any and not"
        ),
        new(nameof(Nesting), Nesting, "Conditions inside one another"),
        new(nameof(ListLength), ListLength, "Elements of an operand's list; segments of a condition"),
        new(nameof(BucketBy), BucketBy, "Attributes in a bucket_by or by, of which the first that is there counts"),
        new(nameof(TextLength), TextLength, "Characters of a text in an operand"),
        new(nameof(PathLength), PathLength, "Characters of a path"),
        new(nameof(PathParts), PathParts, "Parts of a dotted path"),
        new(nameof(KeyLength), KeyLength, "Characters of a key, a rule's id or a salt"),
        new(nameof(DescriptionLength), DescriptionLength, "Characters of a description"),
        new(nameof(RegexLength), RegexLength, "Characters of a regular expression"),
        new(nameof(Regexes), Regexes, "Regular expressions of a flag or a segment"),
        new(
            nameof(RegexSize),
            RegexSize,
            "Size of a regular expression: one for each character or class in it as often as it is counted, and for each pair of these in a group that repeats"
        ),
        new(
            nameof(RegexSteps),
            RegexSteps,
            "Size of a regular expression times characters of a text; beyond it the flag answers with an error"
        ),
        new(
            nameof(RegexMilliseconds),
            RegexMilliseconds,
            "Milliseconds one regular expression may take on one text, before the flag answers with an error; looked at once in a thousand characters"
        ),
        new(
            nameof(RegexCacheBytes),
            RegexCacheBytes,
            "Bytes the automaton of a regular expression may grow by before it is dropped and built anew"
        ),
        new(
            nameof(ReferenceDepth),
            ReferenceDepth,
            "Flags and segments in a chain of references; a flag at the head of a longer one answers with an error"
        ),
        new(
            nameof(ReferenceVisits),
            ReferenceVisits,
            "Flags and segments one evaluation may visit; a flag that could need more answers with an error"
        ),
    ];
}

/// <param name="Name">The constant's name.</param>
/// <param name="Value">The most that is accepted.</param>
/// <param name="Meaning">What is counted.</param>
public sealed record Limit(string Name, int Value, string Meaning);
