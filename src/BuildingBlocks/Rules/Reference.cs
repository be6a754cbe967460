namespace FeatureFlags.Rules;

public enum ReferenceKind
{
    Segment,
    Flag,
}

/// <summary>A flag or a segment, by key, of one tenant and environment.</summary>
public readonly record struct ReferenceNode(ReferenceKind Kind, string Key);

/// <summary>Where a definition names a segment or another flag.</summary>
/// <param name="Kind">What it names.</param>
/// <param name="Key">The key it names.</param>
/// <param name="Variants">The variants of that flag it names, each of which must exist; empty for a segment.</param>
/// <param name="Path">Where the key stands, e.g. <c>rules[0].when.segment[1]</c>: that it is unknown is a problem there.</param>
/// <param name="VariantPath">Where the variants stand: that one is unknown is a problem there. Null for a segment.</param>
public sealed record Reference(
    ReferenceKind Kind,
    string Key,
    IReadOnlyList<string> Variants,
    string Path,
    string? VariantPath = null
)
{
    public ReferenceNode Node => new(Kind, Key);
}
