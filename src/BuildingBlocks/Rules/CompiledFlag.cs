using System.Text.Json;
using System.Text.RegularExpressions;
using FeatureFlags.Rules.Engine;

namespace FeatureFlags.Rules;

/// <summary>A flag ready to be evaluated, by any number of threads; immutable, and part of one <see cref="RuleSet"/>.</summary>
public sealed class CompiledFlag
{
    private readonly CompiledVariant _offVariant;
    private Decision[] _off = [];

    internal CompiledFlag(FlagDefinition definition, string tenant)
    {
        Definition = definition;
        IsOff = !definition.On && definition.Error is null;
        Vertex = new Vertex(isSegment: false, isUnreadable: definition.Error is not null);
        BucketBy = definition.Bucketed;
        var draws = Draws.Of(definition, tenant);
        Split = draws.Split();
        Gate = draws.Gate(salt: null);

        var hasValues = definition.Variants.Any(variant => variant.Value is not null);
        Variants = definition.Variants.ToDictionary(
            variant => variant.Key,
            variant => new CompiledVariant(variant.Key, hasValues ? variant.Value : KeyAsValue(variant.Key)),
            StringComparer.Ordinal
        );
        _offVariant =
            Variants.GetValueOrDefault(definition.OffVariant) ?? new CompiledVariant(definition.OffVariant, null);
    }

    public string Key => Definition.Key;

    public long Version => Definition.Version;

    public FlagDefinition Definition { get; }

    /// <summary>Not of an unreadable flag: it has no state that could be trusted.</summary>
    internal bool IsOff { get; }

    internal BucketBy BucketBy { get; }

    private Draw Split { get; }

    internal Draw Gate { get; }

    private bool HasSharedGate { get; set; }

    internal FlagNode[] Prerequisites { get; private set; } = [];

    internal CompiledRule[] Rules { get; private set; } = [];

    /// <summary>Null only for a flag in error.</summary>
    internal Distribution? Default { get; private set; }

    internal Vertex Vertex { get; }

    /// <inheritdoc cref="Vertex.IsCyclic"/>
    internal bool IsCyclic { get; private set; }

    /// <summary>One of <see cref="EvaluationErrors"/>; null when the flag can be evaluated.</summary>
    internal string? Error { get; private set; }

    private Dictionary<string, CompiledVariant> Variants { get; }

    /// <summary>Where the user falls for the flag's splits; NaN without a bucket key.</summary>
    internal double BucketOf(EvaluationContext context) => Split.For(context, BucketBy);

    /// <summary>Where the user falls for the percentages that share a draw; NaN without any, or a bucket key.</summary>
    internal double GateBucketOf(EvaluationContext context) => HasSharedGate ? Gate.For(context, BucketBy) : double.NaN;

    /// <summary>
    /// The off variant, for a reason other than rules and weights. Kept once asked for: few flags ever need one. Of two
    /// threads that ask at once one's may be forgotten, and made again.
    /// </summary>
    internal Decision Off(Reason reason, string? error = null)
    {
        foreach (var known in _off)
        {
            if (known.Reason == reason && known.Cause == error)
                return known;
        }
        var made = new Decision(this, _offVariant, reason, error);
        _off = [.. _off, made];
        return made;
    }

    /// <summary>What the flag answers this user. Allocates nothing, and never throws.</summary>
    public Evaluation Evaluate(EvaluationContext context) => new(Decide(context), context);

    /// <summary>The same answer, with every rule and condition and what came of it.</summary>
    public Explanation Explain(EvaluationContext context) =>
        new Walk<Explaining>(context).Explain(this, Decide(context));

    private Decision Decide(EvaluationContext context)
    {
        try
        {
            return new Walk<Answering>(context).Evaluate(this, null);
        }
        catch (RegexMatchTimeoutException)
        {
            return Off(Reason.Error, EvaluationErrors.RegexTimeout);
        }
    }

    /// <summary>Called once, before anyone sees the rule set it is part of.</summary>
    internal void Link(Linker linker)
    {
        if (Definition.Error is not null)
            return;

        var scope = linker.ForFlag(this);
        Prerequisites =
        [
            .. Definition.Prerequisites.Select(p => new FlagNode(p.Key, linker.Flag(p.Key, Vertex), [.. p.Variants])),
        ];
        Rules =
        [
            .. Definition.Rules.Select(rule => new CompiledRule(
                rule,
                scope.Link(rule.When, Vertex),
                Distributed(rule.Rollout, Reason.RuleMatch, rule.Id)
            )),
        ];
        Default = Distributed(
            [.. Definition.Variants.Select(variant => new Share(variant.Key, variant.Weight))],
            Reason.DefaultDistribution
        );
        HasSharedGate = scope.HasSharedGate;
    }

    /// <summary>Called once, when all flags and segments are linked and measured.</summary>
    internal void Check()
    {
        IsCyclic = Vertex.IsCyclic;
        if (Vertex.UsesUnreadable)
            Error = EvaluationErrors.DefinitionUnreadable;
        else if (Vertex.IsTooDeep)
            Error = EvaluationErrors.ReferencesTooDeep;
    }

    private Distribution Distributed(IReadOnlyList<Share> shares, Reason reason, string? rule = null)
    {
        var isDrawn = shares.Count(share => share.Weight > 0) > 1;
        return new([
            .. shares.Select(share =>
                (new Decision(this, Variants[share.Variant], reason, rule, isDrawn), share.Weight)
            ),
        ]);
    }

    // A key needs no escaping.
    private static JsonElement KeyAsValue(string key) => JsonElement.Parse($"\"{key}\"");
}

internal sealed class CompiledRule(Rule definition, Node[] when, Distribution rollout)
{
    public Rule Definition => definition;

    public string Id { get; } = definition.Id;

    public Node[] When { get; } = when;

    public Distribution Rollout { get; } = rollout;
}
