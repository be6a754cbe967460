using System.Text.Json;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.Rules;

namespace FeatureFlags.Segments.Contracts;

/// <summary>The caller's segments, for evaluation.</summary>
/// <param name="Keys">Which; null for all. Keys that name no segment are left out of the answer.</param>
/// <param name="Known">
/// What the caller got of them before, from the history that the database still has (not from before a backup was
/// restored): of long lists then only what changed since is read, and the rest shared.
/// </param>
public sealed record SegmentDocuments(IReadOnlyCollection<string>? Keys, IReadOnlyCollection<SegmentDefinition> Known)
    : IQuery<IReadOnlyList<SegmentDocument>>;

/// <summary>A segment as it is stored.</summary>
/// <param name="Json">Everything that a write of it sets but the lists.</param>
/// <param name="Position">As in <see cref="SegmentDefinition"/>.</param>
public sealed record SegmentDocument(
    string Key,
    long Version,
    string Json,
    long Position,
    MemberSet Included,
    MemberSet Excluded
)
{
    /// <summary>What evaluation uses of it.</summary>
    public SegmentDefinition Definition()
    {
        using var document = JsonDocument.Parse(Json);
        return SegmentDefinition.Restore(Key, Version, document.RootElement) with
        {
            Position = Position,
            Included = Included,
            Excluded = Excluded,
        };
    }
}

/// <summary>
/// What is wrong with references that are about to be written: those that lead nowhere, or, when all lead somewhere,
/// the one that closes a circle. Asked under the scope's lock, so that the answer still holds at the commit.
/// </summary>
/// <param name="Owner">The flag or segment that is written; it need not be stored yet.</param>
/// <param name="OwnVariants">The variants it will have; none for a segment.</param>
public sealed record BrokenReferences(
    ReferenceNode Owner,
    IReadOnlyList<string> OwnVariants,
    IReadOnlyList<Reference> References
) : IQuery<IReadOnlyList<BrokenReference>>;

/// <param name="Path">The field to mend.</param>
public sealed record BrokenReference(string Path, string Message);

/// <summary>The segments whose criteria ask for a variant of this flag.</summary>
public sealed record SegmentsUsingFlag(string FlagKey) : IQuery<IReadOnlyList<FlagUse>>;

/// <param name="Variants">The variants asked for.</param>
public sealed record FlagUse(string SegmentKey, IReadOnlyList<string> Variants);

// Segments are used by others, which know them and not the other way round. So what a segment has to ask before it
// changes is said here, and whoever uses segments answers it (adr/0005).

/// <summary>Asked by Segments, answered by Flags: the flags whose rules name this segment.</summary>
public sealed record FlagsUsingSegment(string SegmentKey) : IQuery<IReadOnlyList<string>>;

/// <summary>
/// Asked by Segments, answered by Flags: the variants of each of these flags and what it refers to; a key that names
/// no flag is left out of the answer.
/// </summary>
public sealed record FlagReferences(IReadOnlyCollection<string> Keys)
    : IQuery<IReadOnlyDictionary<string, ReferencedFlag>>;

public sealed record ReferencedFlag(IReadOnlyList<string> Variants, IReadOnlyList<Reference> References);
