using System.Text.Json;
using System.Text.RegularExpressions;
using FeatureFlags.Rules.Engine;

namespace FeatureFlags.Rules;

/// <summary>A flag ready to be evaluated, by any number of threads; immutable, and part of one <see cref="RuleSet"/>.</summary>
public sealed class CompiledFlag
{
    internal CompiledFlag(FlagDefinition definition, string tenant)
    {
        Definition = definition;
        Vertex = new Vertex(isSegment: false, isUnreadable: definition.Error is not null);
        Split = new Draw(tenant, definition.Salt);
        Gate = new Draw(tenant, definition.Salt, "gate");

        var hasValues = definition.Variants.Any(variant => variant.Value is not null);
        Variants = definition.Variants.ToDictionary(
            variant => variant.Key,
            variant => new CompiledVariant(
                definition.Key,
                variant.Key,
                hasValues ? variant.Value : KeyAsValue(variant.Key)
            ),
            StringComparer.Ordinal
        );
        OffVariant =
            Variants.GetValueOrDefault(definition.OffVariant)
            ?? new CompiledVariant(definition.Key, definition.OffVariant, null);
    }

    public string Key => Definition.Key;

    public long Version => Definition.Version;

    public FlagDefinition Definition { get; }

    internal bool On => Definition.On;

    internal BucketBy BucketBy => Definition.Bucketed;

    internal Draw Split { get; }

    internal Draw Gate { get; }

    internal bool HasSharedGate { get; private set; }

    internal CompiledVariant OffVariant { get; }

    internal FlagNode[] Prerequisites { get; private set; } = [];

    internal CompiledRule[] Rules { get; private set; } = [];

    /// <summary>Null only for a flag in error.</summary>
    internal Distribution? Default { get; private set; }

    internal Vertex Vertex { get; }

    /// <summary>One of <see cref="EvaluationErrors"/>; null when the flag can be evaluated.</summary>
    internal string? Error { get; private set; }

    private Dictionary<string, CompiledVariant> Variants { get; }

    /// <summary>What the flag answers this user. Allocates nothing, and never throws.</summary>
    public Evaluation Evaluate(EvaluationContext context)
    {
        try
        {
            return new Walk<Answering>(context).Evaluate(this, null);
        }
        catch (RegexMatchTimeoutException)
        {
            return InError(EvaluationErrors.RegexTimeout);
        }
    }

    /// <summary>The same answer, with every rule and condition and what came of it.</summary>
    public Explanation Explain(EvaluationContext context)
    {
        try
        {
            return new Walk<Explaining>(context).Explain(this);
        }
        catch (RegexMatchTimeoutException)
        {
            return new Explainer().Explained(this, context, InError(EvaluationErrors.RegexTimeout));
        }
    }

    /// <summary>Called once, before anyone sees the rule set it is part of.</summary>
    internal void Link(Linker linker)
    {
        if (Definition.Error is not null)
            return;

        var scope = linker.ForFlag(Definition);
        Prerequisites =
        [
            .. Definition.Prerequisites.Select(p => new FlagNode(p.Key, linker.Flag(p.Key, Vertex), [.. p.Variants])),
        ];
        Rules =
        [
            .. Definition.Rules.Select(rule => new CompiledRule(
                rule,
                scope.Link(rule.When, Vertex),
                new Distribution([.. rule.Rollout.Select(share => (Variants[share.Variant], share.Weight))])
            )),
        ];
        Default = new Distribution([.. Definition.Variants.Select(variant => (Variants[variant.Key], variant.Weight))]);
        HasSharedGate = scope.HasSharedGate;
    }

    /// <summary>Called once, when all flags and segments are linked and measured.</summary>
    internal void Check()
    {
        if (Vertex.UsesUnreadable)
            Error = EvaluationErrors.DefinitionUnreadable;
        else if (Vertex.IsTooDeep)
            Error = EvaluationErrors.ReferencesTooDeep;
    }

    private Evaluation InError(string error) => new(OffVariant, Reason.Error, error, double.NaN, double.NaN);

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
