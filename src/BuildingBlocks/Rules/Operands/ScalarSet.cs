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
    /// <summary>Up to this many are compared one by one, which is quicker than to hash the value, and smaller.</summary>
    private const int Few = 4;

    private readonly string[] _texts = [.. texts];
    private readonly double[] _numbers = [.. numbers];
    private readonly FrozenSet<string>? _manyTexts =
        texts.Count > Few || comparer != StringComparer.Ordinal ? texts.ToFrozenSet(comparer) : null;
    private readonly FrozenSet<double>? _manyNumbers = numbers.Count > Few ? numbers.ToFrozenSet() : null;

    /// <summary>Whether the value is one of them; of a list or an object that can't be said.</summary>
    public Outcome Ask(in AttributeValue value) =>
        value.Kind switch
        {
            ValueKind.Text => Is(Contains(value.Text)),
            ValueKind.Number => Is(_manyNumbers?.Contains(value.Number) ?? _numbers.AsSpan().Contains(value.Number)),
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
        if (_manyTexts is not null)
            return _manyTexts.Contains(text);
        foreach (var one in _texts)
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
