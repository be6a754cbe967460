namespace FeatureFlags.Rules.Engine;

/// <summary>
/// One of the answers a flag can give, and for what reason. There are no more of them than the flag has variants in its
/// rules and weights, so they are made with the flag and an evaluation only picks one.
/// </summary>
/// <param name="flag">Whose it is.</param>
/// <param name="variant">The answer.</param>
/// <param name="reason">What decided.</param>
/// <param name="cause">The rule's id, or the error.</param>
internal sealed class Decision(CompiledFlag flag, CompiledVariant variant, Reason reason, string? cause = null)
{
    public CompiledFlag Flag { get; } = flag;

    public CompiledVariant Variant { get; } = variant;

    public Reason Reason { get; } = reason;

    public string? Cause { get; } = cause;

    /// <summary>Whether a rule or the weights decided.</summary>
    public bool IsByRules => Reason is Reason.RuleMatch or Reason.DefaultDistribution;
}
