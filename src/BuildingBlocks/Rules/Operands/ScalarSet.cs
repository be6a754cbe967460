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
    /// <summary>Up to this many texts are compared one by one, which is quicker than to hash the value.</summary>
    private const int Few = 4;

    private readonly FrozenSet<string> _texts = texts.ToFrozenSet(comparer);
    private readonly string[]? _few = texts.Count <= Few && comparer == StringComparer.Ordinal ? [.. texts] : null;
    private readonly FrozenSet<double> _numbers = numbers.ToFrozenSet();

    /// <summary>Whether the value is one of them; of a list or an object that can't be said.</summary>
    public Outcome Ask(in AttributeValue value) =>
        value.Kind switch
        {
            ValueKind.Text => Is(Contains(value.Text)),
            ValueKind.Number => Is(_numbers.Contains(value.Number)),
            ValueKind.Boolean => Is(value.Boolean ? hasTrue : hasFalse),
            _ => Outcome.WrongType,
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

    private static Outcome Is(bool contained) => contained ? Outcome.Yes : Outcome.No;

    private bool Contains(string text)
    {
        if (_few is null)
            return _texts.Contains(text);
        foreach (var one in _few)
        {
            if (string.Equals(one, text))
                return true;
        }
        return false;
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
