using FeatureFlags.Rules.Engine;

namespace FeatureFlags.Rules;

/// <summary>What is different: definitions that are new or replace those of the same key, and keys that are gone.</summary>
public sealed record RuleSetChange
{
    public IReadOnlyCollection<FlagDefinition> Flags { get; init; } = [];

    public IReadOnlyCollection<SegmentDefinition> Segments { get; init; } = [];

    public IReadOnlyCollection<string> RemovedFlags { get; init; } = [];

    public IReadOnlyCollection<string> RemovedSegments { get; init; } = [];
}

/// <summary>
/// The flags and segments of one tenant and environment, compiled. Immutable: a change gives a new rule set that
/// shares everything the change does not touch, so that readers swap one reference.
/// </summary>
public sealed class RuleSet
{
    private readonly Dictionary<string, CompiledFlag> _flags;
    private readonly Dictionary<string, CompiledSegment> _segments;
    private readonly CompiledFlag[] _inOrder;
    private readonly Referrers _referrers;

    private RuleSet(
        string tenant,
        Dictionary<string, CompiledFlag> flags,
        Dictionary<string, CompiledSegment> segments,
        CompiledFlag[] inOrder,
        Referrers referrers
    )
    {
        Tenant = tenant;
        _flags = flags;
        _segments = segments;
        _inOrder = inOrder;
        _referrers = referrers;
    }

    public string Tenant { get; }

    /// <summary>Every flag, in ordinal order of the keys.</summary>
    public IReadOnlyList<CompiledFlag> Flags => _inOrder;

    public static RuleSet Empty(string tenant) =>
        new(tenant, Keyed<CompiledFlag>(), Keyed<CompiledSegment>(), [], Referrers.None);

    public CompiledFlag? Find(string key) => _flags.GetValueOrDefault(key);

    /// <summary>Every segment, in no particular order.</summary>
    public IEnumerable<SegmentDefinition> Segments => _segments.Values.Select(segment => segment.Definition);

    public SegmentDefinition? FindSegment(string key) => _segments.GetValueOrDefault(key)?.Definition;

    /// <summary>
    /// The rule set after a change. Compiles what the change names and what depends on that, through any number of
    /// steps, and nothing else. Never throws: a definition that can't be compiled is a flag that answers with an error.
    /// </summary>
    public RuleSet With(RuleSetChange change)
    {
        // Copied whole: for 10,000 flags it takes a tenth of a millisecond, and look-ups stay those of a dictionary.
        var flags = new Dictionary<string, CompiledFlag>(_flags, StringComparer.Ordinal);
        var segments = new Dictionary<string, CompiledSegment>(_segments, StringComparer.Ordinal);
        var compiled = new Compilation(Tenant, flags, segments);

        var changed = Changed(change);
        var dependents = _referrers.Dependents(changed);
        foreach (var node in dependents)
            compiled.Renew(node);
        foreach (var key in change.RemovedFlags)
            flags.Remove(key);
        foreach (var key in change.RemovedSegments)
            segments.Remove(key);
        foreach (var flag in change.Flags)
            compiled.Add(flag);
        foreach (var segment in change.Segments)
            compiled.Add(segment);
        compiled.Link();

        var inOrder = InOrder(flags, changed.Union(dependents).Where(n => n.Kind == ReferenceKind.Flag));
        var referrers = _referrers.With(
            changed.Select(node => new NewReferences(
                node,
                Targets(node, _flags, _segments),
                Targets(node, flags, segments)
            ))
        );
        return new RuleSet(Tenant, flags, segments, inOrder, referrers);
    }

    private static Dictionary<string, T> Keyed<T>() => new(StringComparer.Ordinal);

    private static HashSet<ReferenceNode> Changed(RuleSetChange change) =>
        [
            .. change.Flags.Select(flag => new ReferenceNode(ReferenceKind.Flag, flag.Key)),
            .. change.Segments.Select(segment => new ReferenceNode(ReferenceKind.Segment, segment.Key)),
            .. change.RemovedFlags.Select(key => new ReferenceNode(ReferenceKind.Flag, key)),
            .. change.RemovedSegments.Select(key => new ReferenceNode(ReferenceKind.Segment, key)),
        ];

    private static IEnumerable<ReferenceNode> Targets(
        ReferenceNode node,
        Dictionary<string, CompiledFlag> flags,
        Dictionary<string, CompiledSegment> segments
    )
    {
        var references =
            node.Kind == ReferenceKind.Flag
                ? flags.GetValueOrDefault(node.Key)?.Definition.References
                : segments.GetValueOrDefault(node.Key)?.Definition.References;
        return (references ?? []).Select(reference => reference.Node);
    }

    /// <summary>The flags in order, where only these differ from before: the stretches between them are copied.</summary>
    private CompiledFlag[] InOrder(Dictionary<string, CompiledFlag> flags, IEnumerable<ReferenceNode> touched)
    {
        var inOrder = new List<CompiledFlag>(flags.Count);
        var rest = _inOrder.AsSpan();
        foreach (var key in touched.Select(node => node.Key).Order(StringComparer.Ordinal))
        {
            var at = rest.BinarySearch(new ByKey(key));
            inOrder.AddRange(rest[..(at < 0 ? ~at : at)]);
            rest = rest[(at < 0 ? ~at : at + 1)..];
            if (flags.TryGetValue(key, out var flag))
                inOrder.Add(flag);
        }
        inOrder.AddRange(rest);
        return [.. inOrder];
    }

    private readonly struct ByKey(string key) : IComparable<CompiledFlag>
    {
        public int CompareTo(CompiledFlag? flag) => string.CompareOrdinal(key, flag?.Key);
    }

    /// <summary>Compiles into dictionaries that become the next rule set.</summary>
    private sealed class Compilation(
        string tenant,
        Dictionary<string, CompiledFlag> flags,
        Dictionary<string, CompiledSegment> segments
    )
    {
        private readonly HashSet<string> _flags = new(StringComparer.Ordinal);
        private readonly HashSet<string> _segments = new(StringComparer.Ordinal);

        public void Add(FlagDefinition definition)
        {
            flags[definition.Key] = new CompiledFlag(definition, tenant);
            _flags.Add(definition.Key);
        }

        public void Add(SegmentDefinition definition)
        {
            segments[definition.Key] = new CompiledSegment(definition);
            _segments.Add(definition.Key);
        }

        /// <summary>Compiles once more what has not changed itself.</summary>
        public void Renew(ReferenceNode node)
        {
            if (node.Kind == ReferenceKind.Flag)
                Add(flags[node.Key].Definition);
            else
                Add(segments[node.Key].Definition);
        }

        public void Link()
        {
            var newFlags = _flags.Where(flags.ContainsKey).Select(key => flags[key]).ToArray();
            var newSegments = _segments.Where(segments.ContainsKey).Select(key => segments[key]).ToArray();
            var linker = new Linker(tenant, flags, segments);
            foreach (var segment in newSegments)
                segment.Link(linker);
            foreach (var flag in newFlags)
                flag.Link(linker);
            Vertex.Measure([.. newFlags.Select(flag => flag.Vertex), .. newSegments.Select(segment => segment.Vertex)]);
            foreach (var flag in newFlags)
                flag.Check();
        }
    }
}
