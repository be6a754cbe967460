using System.Text.RegularExpressions;

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
    /// <summary>Of a bucket that nothing asked for yet; buckets are not negative.</summary>
    private const double Undrawn = -1;

    private Explainer? _explainer = TMode.Explains ? new Explainer() : null;

    /// <param name="decision">
    /// What an answering walk came to: it may stop at a text that is too long, or before one that this walk meets.
    /// </param>
    public Explanation Explain(CompiledFlag flag, Decision decision)
    {
        Evaluate(flag, null);
        return _explainer!.Explained(context, decision);
    }

    public Decision Evaluate(CompiledFlag flag, Trail? trail)
    {
        if (flag.IsOff && !TMode.Explains)
            return flag.Off(Reason.FlagOff);

        var error = flag.Error;
        if (error is null && flag.IsCyclic && !Trail.TryEnter(flag.Vertex, ref trail))
            error = EvaluationErrors.Cycle;
        if (error is not null)
            return flag.Off(flag.IsOff ? Reason.FlagOff : Reason.Error, error);

        var isMet = AreMet(flag.Prerequisites, trail);
        if (!isMet && !TMode.Explains)
            return flag.Off(Reason.PrerequisiteFailed);

        var decisive = FirstToHold(flag, trail);
        if (flag.IsOff || !isMet)
            return flag.Off(flag.IsOff ? Reason.FlagOff : Reason.PrerequisiteFailed);

        var distribution = decisive?.Rollout ?? flag.Default!;
        return distribution.Only
            ?? distribution.At(flag.BucketOf(context))
            ?? flag.Off(Reason.Error, EvaluationErrors.BucketKeyMissing);
    }

    private CompiledRule? FirstToHold(CompiledFlag flag, Trail? trail)
    {
        CompiledRule? first = null;
        var gateBucket = Undrawn;
        foreach (var rule in flag.Rules)
        {
            var holds = All(rule.When, ref gateBucket, trail);
            if (TMode.Explains)
                _explainer!.Rule(rule, holds, flag.BucketOf(context));
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

    private bool All(Node[] nodes, ref double gateBucket, Trail? trail)
    {
        var hold = true;
        foreach (var node in nodes)
        {
            hold &= Holds(node, ref gateBucket, trail);
            if (!hold && !TMode.Explains)
                return false;
        }
        return hold;
    }

    private bool Holds(Node node, ref double gateBucket, Trail? trail) =>
        node switch
        {
            AttributeNode attribute => Holds(attribute),
            GateNode gate => Holds(gate, ref gateBucket),
            SegmentNode segments => Holds(segments, trail),
            FlagNode flag => IsMet(flag, trail),
            AllNode all => Holds(all, ref gateBucket, trail),
            AnyNode any => Holds(any, ref gateBucket, trail),
            _ => Holds((NotNode)node, ref gateBucket, trail),
        };

    private bool Holds(AttributeNode node)
    {
        ref readonly var value = ref node.Path.Of(context);
        if (!TMode.Explains)
            return node.Ask(value) == Outcome.Yes;

        var match = Answer(node, value);
        _explainer!.Attribute(node.Term, value, match);
        return match == Outcome.Yes;
    }

    private static Outcome Answer(AttributeNode node, in AttributeValue value)
    {
        try
        {
            return node.Ask(value);
        }
        catch (RegexMatchTimeoutException)
        {
            return Outcome.TooLong;
        }
    }

    private bool Holds(GateNode gate, ref double gateBucket)
    {
        var bucket = gate.IsShared ? gateBucket : Undrawn;
        if (bucket == Undrawn)
            bucket = gate.BucketOf(context);
        if (gate.IsShared)
            gateBucket = bucket;

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

        var gateBucket = Undrawn;
        var holds =
            TMode.Explains && !_explainer!.IsFirstOf(segment)
                ? new Walk<Answering>(context).All(criteria, ref gateBucket, trail)
                : All(criteria, ref gateBucket, trail);
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
        var decision = Evaluate(flag, trail);
        outer.Flag(node, IsMetBy(node, decision), decision, _explainer.Explained(context, decision));
        _explainer = outer;
        return IsMetBy(node, decision);
    }

    private static bool IsMetBy(FlagNode node, Decision decision) =>
        decision.IsByRules && Array.IndexOf(node.Variants, decision.Variant.Key) >= 0;

    private bool Holds(AllNode node, ref double gateBucket, Trail? trail)
    {
        var outer = TMode.Explains ? _explainer!.Open() : null;
        var hold = true;
        foreach (var condition in node.Conditions)
        {
            hold &= Inner(condition, ref gateBucket, trail);
            if (!hold && !TMode.Explains)
                return false;
        }
        if (TMode.Explains)
            _explainer!.Group(outer!, "all", hold);
        return hold;
    }

    private bool Holds(AnyNode node, ref double gateBucket, Trail? trail)
    {
        var outer = TMode.Explains ? _explainer!.Open() : null;
        var holds = false;
        foreach (var condition in node.Conditions)
        {
            holds |= Inner(condition, ref gateBucket, trail);
            if (holds && !TMode.Explains)
                return true;
        }
        if (TMode.Explains)
            _explainer!.Group(outer!, "any", holds);
        return holds;
    }

    private bool Holds(NotNode node, ref double gateBucket, Trail? trail)
    {
        var outer = TMode.Explains ? _explainer!.Open() : null;
        var holds = !All(node.Condition, ref gateBucket, trail);
        if (TMode.Explains)
            _explainer!.Group(outer!, "not", holds);
        return holds;
    }

    /// <summary>A condition inside another; explained as a group of its own unless it has just one member.</summary>
    private bool Inner(Node[] condition, ref double gateBucket, Trail? trail)
    {
        if (!TMode.Explains || condition.Length == 1)
            return All(condition, ref gateBucket, trail);

        var outer = _explainer!.Open();
        var hold = All(condition, ref gateBucket, trail);
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
