using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.Rules;

namespace FeatureFlags.Segments.Contracts;

/// <summary>The caller's segments as evaluation needs them, members included.</summary>
/// <param name="Keys">Which; null for all. Keys that name no segment are left out of the answer.</param>
public sealed record SegmentDefinitions(IReadOnlyCollection<string>? Keys) : IQuery<IReadOnlyList<SegmentDefinition>>;

/// <summary>What each of these segments refers to; a key that names no segment is left out of the answer.</summary>
public sealed record SegmentReferences(IReadOnlyCollection<string> Keys)
    : IQuery<IReadOnlyDictionary<string, IReadOnlyList<Reference>>>;

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
