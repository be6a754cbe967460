using System.Collections.Frozen;
using FeatureFlags.Rules.Engine;

namespace FeatureFlags.Rules.Operands;

/// <summary>Scalars of any type, compared strictly: a text is never a number.</summary>
internal sealed class ScalarSet(
    IReadOnlyCollection<string> texts,
    IReadOnlyCollection<double> numbers,
    bool hasTrue,
    bool hasFalse,
    StringComparer comparer
)
{
    private readonly FrozenSet<string> _texts = texts.ToFrozenSet(comparer);
    private readonly FrozenSet<double> _numbers = numbers.ToFrozenSet();

    public bool Contains(in AttributeValue value) =>
        value.Kind switch
        {
            ValueKind.Text => _texts.Contains(value.Text),
            ValueKind.Number => _numbers.Contains(value.Number),
            ValueKind.Boolean => value.Boolean ? hasTrue : hasFalse,
            _ => false,
        };

    /// <summary>Whether each scalar of the set is among the values.</summary>
    public bool IsWithin(ReadOnlySpan<AttributeValue> values)
    {
        foreach (var text in _texts)
        {
            if (!AnyText(values, text))
                return false;
        }
        foreach (var number in _numbers)
        {
            if (!AnyNumber(values, number))
                return false;
        }
        return (!hasTrue || AnyBoolean(values, true)) && (!hasFalse || AnyBoolean(values, false));
    }

    private bool AnyText(ReadOnlySpan<AttributeValue> values, string text)
    {
        foreach (ref readonly var value in values)
        {
            if (value.Kind == ValueKind.Text && comparer.Equals(value.Text, text))
                return true;
        }
        return false;
    }

    private static bool AnyNumber(ReadOnlySpan<AttributeValue> values, double number)
    {
        foreach (ref readonly var value in values)
        {
            if (value.Kind == ValueKind.Number && value.Number == number)
                return true;
        }
        return false;
    }

    private static bool AnyBoolean(ReadOnlySpan<AttributeValue> values, bool boolean)
    {
        foreach (ref readonly var value in values)
        {
            if (value.Kind == ValueKind.Boolean && value.Boolean == boolean)
                return true;
        }
        return false;
    }
}
