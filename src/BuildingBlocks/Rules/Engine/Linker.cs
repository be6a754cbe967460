namespace FeatureFlags.Rules.Engine;

/// <summary>
/// Resolves the names in conditions to the flags and segments of one rule set, and gates to their draws.
/// </summary>
internal sealed class Linker(
    string tenant,
    IReadOnlyDictionary<string, CompiledFlag> flags,
    IReadOnlyDictionary<string, CompiledSegment> segments
)
{
    public Scope ForFlag(CompiledFlag flag) => new(this, Draws.Of(flag.Definition, tenant), flag.BucketBy, flag.Gate);

    public Scope ForSegment(string key)
    {
        var draws = new XxHash64Draws(tenant, $"segment:{key}");
        return new Scope(this, draws, BucketBy.Id, draws.Gate(salt: null));
    }

    public CompiledFlag? Flag(string key, Vertex from) => Reached(flags.GetValueOrDefault(key), f => f.Vertex, from);

    public CompiledSegment? Segment(string key, Vertex from) =>
        Reached(segments.GetValueOrDefault(key), s => s.Vertex, from);

    private static T? Reached<T>(T? target, Func<T, Vertex> vertex, Vertex from)
        where T : class
    {
        if (target is not null)
            from.Targets.Add(vertex(target));
        return target;
    }

    /// <param name="linker">What the names mean.</param>
    /// <param name="draws">Makes the draws of gates that name a salt.</param>
    /// <param name="by">What gates bucket by, unless they say.</param>
    /// <param name="gate">The draw of gates that name no salt.</param>
    public sealed class Scope(Linker linker, Draws draws, BucketBy by, Draw gate)
    {
        /// <summary>Whether a gate draws what all gates of the flag or segment share.</summary>
        public bool HasSharedGate { get; private set; }

        public Node[] Link(Condition condition, Vertex from) =>
            Array.ConvertAll(condition.Terms, term => Link(term, from));

        private Node[][] Link(Condition[] conditions, Vertex from) =>
            Array.ConvertAll(conditions, condition => Link(condition, from));

        private Node Link(Term term, Vertex from) =>
            term switch
            {
                AttributeTerm attribute => new AttributeNode(attribute),
                GateTerm gate => Link(gate),
                SegmentTerm s => new SegmentNode(s.Keys, Array.ConvertAll(s.Keys, key => linker.Segment(key, from))),
                FlagTerm f => new FlagNode(f.Key, linker.Flag(f.Key, from), f.Variants),
                AllTerm all => new AllNode(Link(all.Conditions, from)),
                AnyTerm any => new AnyNode(Link(any.Conditions, from)),
                _ => new NotNode(Link(((NotTerm)term).Condition, from)),
            };

        private GateNode Link(GateTerm term)
        {
            var gateBy = term.By ?? by;
            var isShared = term.Salt is null && gateBy.IsSameAs(by);
            HasSharedGate |= isShared;
            var draw = term.Salt is null ? gate : draws.Gate(term.Salt);
            return new GateNode(term.Percentage, gateBy, draw, isShared);
        }
    }
}
