namespace FeatureFlags.Rules.Engine;

/// <summary>An operator with its operand, asked of an attribute.</summary>
/// <param name="Operator">The operator.</param>
/// <param name="Operand">The operand as it was written, for explanations.</param>
/// <param name="Test">What the operator made of the operand.</param>
internal sealed record Matcher(Operator Operator, string Operand, Test Test)
{
    public Outcome Ask(in AttributeValue value)
    {
        if (Operator.IsOnWhole)
            return Test(value);

        switch (value.Kind)
        {
            case ValueKind.Missing:
                return Outcome.Missing;
            case ValueKind.List:
                return AnyElement(value.List) != Operator.IsNegated ? Outcome.Yes : Outcome.No;
            default:
                var match = Test(value);
                return Operator.IsNegated ? Opposite(match) : match;
        }
    }

    private bool AnyElement(ReadOnlySpan<AttributeValue> elements)
    {
        foreach (ref readonly var element in elements)
        {
            if (Test(element) == Outcome.Yes)
                return true;
        }
        return false;
    }

    // A value of the wrong type is neither: it holds in no form.
    private static Outcome Opposite(Outcome match) =>
        match switch
        {
            Outcome.Yes => Outcome.No,
            Outcome.No => Outcome.Yes,
            _ => match,
        };
}
