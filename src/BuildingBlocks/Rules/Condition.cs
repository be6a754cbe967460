using FeatureFlags.Rules.Engine;

namespace FeatureFlags.Rules;

/// <summary>A condition of a rule or a segment, read and checked. It holds when each of its terms does.</summary>
public sealed class Condition
{
    /// <summary>Holds for everyone.</summary>
    public static readonly Condition Always = new([]);

    internal Condition(Term[] terms) => Terms = terms;

    internal Term[] Terms { get; }
}
