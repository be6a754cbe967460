namespace FeatureFlags.Rules.Engine;

internal sealed class CompiledSegment(SegmentDefinition definition)
{
    public SegmentDefinition Definition => definition;

    public string Key => definition.Key;

    public MemberSet Included { get; } = definition.Included;

    public MemberSet Excluded { get; } = definition.Excluded;

    /// <summary>Null: nobody but who is included.</summary>
    public Node[]? Criteria { get; private set; }

    public Vertex Vertex { get; } = new(isSegment: true, isUnreadable: definition.Error is not null);

    /// <summary>Called once, before anyone sees the rule set it is part of.</summary>
    public void Link(Linker linker)
    {
        if (definition.Criteria is { } criteria)
            Criteria = linker.ForSegment(Key).Link(criteria, Vertex);
    }
}
