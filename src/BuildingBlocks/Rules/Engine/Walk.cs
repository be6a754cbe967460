namespace FeatureFlags.Rules.Engine;

/// <summary>Whether a walk says what it sees. A struct, so that the compiler drops what the other mode does.</summary>
internal interface IMode
{
    static abstract bool Explains { get; }
}

internal readonly struct Answering : IMode
{
    public static bool Explains => false;
}

internal readonly struct Explaining : IMode
{
    public static bool Explains => true;
}

/// <summary>
/// One evaluation: what flags, rules and conditions mean, all of it. An answering walk stops at the first condition
/// that decides. An explaining one takes the same steps, looks at the rest too, and notes everything.
/// </summary>
internal ref struct Walk<TMode>(EvaluationContext context)
    where TMode : struct, IMode
{
    private Explainer? _explainer = TMode.Explains ? new Explainer() : null;

    public Explanation Explain(CompiledFlag flag)
    {
        var evaluation = Evaluate(flag, null);
        return _explainer!.Explained(flag, context, evaluation);
    }

    public Evaluation Evaluate(CompiledFlag flag, Trail? trail)
    {
        var bucket = double.NaN;
        var gateBucket = double.NaN;
        if (flag.BucketBy.TryGetKey(context, out var key))
        {
            bucket = flag.Split.For(key);
            if (flag.HasSharedGate)
                gateBucket = flag.Gate.For(key);
        }

        // An unreadable flag has no state that could be trusted.
        var isOff = !flag.On && flag.Definition.Error is null;
        if (isOff && !TMode.Explains)
            return new Evaluation(flag.OffVariant, Reason.FlagOff, null, bucket, gateBucket);

        var error = flag.Error;
        if (error is null && flag.Vertex.IsCyclic && !Trail.TryEnter(flag.Vertex, ref trail))
            error = EvaluationErrors.Cycle;
        if (error is not null)
            return new Evaluation(flag.OffVariant, isOff ? Reason.FlagOff : Reason.Error, error, bucket, gateBucket);

        var isMet = AreMet(flag.Prerequisites, trail);
        if (!isMet && !TMode.Explains)
            return new Evaluation(flag.OffVariant, Reason.PrerequisiteFailed, null, bucket, gateBucket);

        var decisive = FirstToHold(flag.Rules, bucket, gateBucket, trail);
        if (isOff || !isMet)
        {
            var reason = isOff ? Reason.FlagOff : Reason.PrerequisiteFailed;
            return new Evaluation(flag.OffVariant, reason, null, bucket, gateBucket);
        }

        var distribution = decisive?.Rollout ?? flag.Default!;
        var variant = distribution.Only ?? (double.IsNaN(bucket) ? null : distribution.At(bucket));
        if (variant is null)
            return new Evaluation(flag.OffVariant, Reason.Error, EvaluationErrors.BucketKeyMissing, bucket, gateBucket);
        return decisive is null
            ? new Evaluation(variant, Reason.DefaultDistribution, null, bucket, gateBucket)
            : new Evaluation(variant, Reason.RuleMatch, decisive.Id, bucket, gateBucket);
    }

    private CompiledRule? FirstToHold(CompiledRule[] rules, double bucket, double gateBucket, Trail? trail)
    {
        CompiledRule? first = null;
        foreach (var rule in rules)
        {
            var holds = All(rule.When, gateBucket, trail);
            if (TMode.Explains)
                _explainer!.Rule(rule, holds, bucket);
            if (!holds || first is not null)
                continue;
            first = rule;
            if (!TMode.Explains)
                break;
        }
        return first;
    }

    private bool AreMet(FlagNode[] prerequisites, Trail? trail)
    {
        var met = true;
        foreach (var prerequisite in prerequisites)
        {
            met &= IsMet(prerequisite, trail);
            if (!met && !TMode.Explains)
                return false;
        }
        if (TMode.Explains)
            _explainer!.Prerequisites();
        return met;
    }

    private bool All(Node[] nodes, double gateBucket, Trail? trail)
    {
        var hold = true;
        foreach (var node in nodes)
        {
            hold &= Holds(node, gateBucket, trail);
            if (!hold && !TMode.Explains)
                return false;
        }
        return hold;
    }

    private bool Holds(Node node, double gateBucket, Trail? trail) =>
        node switch
        {
            AttributeNode attribute => Holds(attribute),
            GateNode gate => Holds(gate, gateBucket),
            SegmentNode segments => Holds(segments, trail),
            FlagNode flag => IsMet(flag, trail),
            AllNode all => Holds(all, gateBucket, trail),
            AnyNode any => Holds(any, gateBucket, trail),
            _ => Holds((NotNode)node, gateBucket, trail),
        };

    private bool Holds(AttributeNode node)
    {
        ref readonly var value = ref node.Path.Of(context);
        var holds = true;
        foreach (var matcher in node.Matchers)
        {
            var match = matcher.Ask(value);
            if (TMode.Explains)
                _explainer!.Attribute(node.Path, matcher, value, match);
            holds &= match == Outcome.Yes;
            if (!holds && !TMode.Explains)
                return false;
        }
        return holds;
    }

    private bool Holds(GateNode gate, double gateBucket)
    {
        var bucket = gateBucket;
        if (gate.Draw is { } draw)
            bucket = gate.By.TryGetKey(context, out var key) ? draw.For(key) : double.NaN;

        // Without a bucket key there is no number, and that is less than nothing.
        var holds = gate.Admits(bucket);
        if (TMode.Explains)
            _explainer!.Gate(gate, bucket, holds);
        return holds;
    }

    private bool Holds(SegmentNode node, Trail? trail)
    {
        var holds = false;
        for (var i = 0; i < node.Segments.Length; i++)
        {
            var outer = TMode.Explains ? _explainer!.Open() : null;
            var membership = node.Segments[i] is { } segment ? MembershipIn(segment, trail) : Membership.UnknownSegment;
            if (TMode.Explains)
                _explainer!.Segment(outer!, node.Keys[i], membership);
            holds |= membership is Membership.Included or Membership.ByCriteria;
            if (holds && !TMode.Explains)
                return true;
        }
        return holds;
    }

    private Membership MembershipIn(CompiledSegment segment, Trail? trail)
    {
        if (context.Id is { } id)
        {
            var utf8 = context.IdUtf8;
            if (utf8 is null ? segment.Excluded.Contains(id) : segment.Excluded.Contains(utf8))
                return Membership.Excluded;
            if (utf8 is null ? segment.Included.Contains(id) : segment.Included.Contains(utf8))
                return Membership.Included;
        }
        if (segment.Criteria is not { } criteria)
            return Membership.NotIncluded;
        if (segment.Vertex.IsCyclic && !Trail.TryEnter(segment.Vertex, ref trail))
            return Membership.Cycle;

        var holds =
            TMode.Explains && !_explainer!.IsFirstOf(segment)
                ? new Walk<Answering>(context).All(criteria, double.NaN, trail)
                : All(criteria, double.NaN, trail);
        return holds ? Membership.ByCriteria : Membership.NotByCriteria;
    }

    /// <summary>Met by a flag that decided by a rule or its weights, not by one that is off, unmet or in error.</summary>
    private bool IsMet(FlagNode node, Trail? trail)
    {
        if (node.Flag is not { } flag)
        {
            if (TMode.Explains)
                _explainer!.UnknownFlag(node);
            return false;
        }

        if (!TMode.Explains)
            return IsMetBy(node, Evaluate(flag, trail));

        var outer = _explainer!;
        if (!outer.IsFirstOf(flag))
        {
            var again = new Walk<Answering>(context).Evaluate(flag, trail);
            outer.Flag(node, IsMetBy(node, again), again, null);
            return IsMetBy(node, again);
        }
        _explainer = outer.ForFlag();
        var evaluation = Evaluate(flag, trail);
        outer.Flag(node, IsMetBy(node, evaluation), evaluation, _explainer.Explained(flag, context, evaluation));
        _explainer = outer;
        return IsMetBy(node, evaluation);
    }

    private static bool IsMetBy(FlagNode node, in Evaluation evaluation) =>
        evaluation.Reason is Reason.RuleMatch or Reason.DefaultDistribution
        && Array.IndexOf(node.Variants, evaluation.Variant) >= 0;

    private bool Holds(AllNode node, double gateBucket, Trail? trail)
    {
        var outer = TMode.Explains ? _explainer!.Open() : null;
        var hold = true;
        foreach (var condition in node.Conditions)
        {
            hold &= Inner(condition, gateBucket, trail);
            if (!hold && !TMode.Explains)
                return false;
        }
        if (TMode.Explains)
            _explainer!.Group(outer!, "all", hold);
        return hold;
    }

    private bool Holds(AnyNode node, double gateBucket, Trail? trail)
    {
        var outer = TMode.Explains ? _explainer!.Open() : null;
        var holds = false;
        foreach (var condition in node.Conditions)
        {
            holds |= Inner(condition, gateBucket, trail);
            if (holds && !TMode.Explains)
                return true;
        }
        if (TMode.Explains)
            _explainer!.Group(outer!, "any", holds);
        return holds;
    }

    private bool Holds(NotNode node, double gateBucket, Trail? trail)
    {
        var outer = TMode.Explains ? _explainer!.Open() : null;
        var holds = !All(node.Condition, gateBucket, trail);
        if (TMode.Explains)
            _explainer!.Group(outer!, "not", holds);
        return holds;
    }

    /// <summary>A condition inside another; explained as a group of its own unless it has just one member.</summary>
    private bool Inner(Node[] condition, double gateBucket, Trail? trail)
    {
        if (!TMode.Explains || condition.Length == 1)
            return All(condition, gateBucket, trail);

        var outer = _explainer!.Open();
        var hold = All(condition, gateBucket, trail);
        _explainer.Group(outer, "all", hold);
        return hold;
    }
}

/// <summary>How a user stands to a segment, and why.</summary>
internal enum Membership
{
    Excluded,
    Included,
    ByCriteria,
    NotByCriteria,
    NotIncluded,
    UnknownSegment,
    Cycle,
}
