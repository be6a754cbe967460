using System.Text.Json;
using FeatureFlags.Rules;

namespace FeatureFlags.Client;

/// <summary>Takes a type out of an evaluation whose value is there, without allocating.</summary>
internal interface IFlagValue<T>
{
    static abstract bool TryRead(in Evaluation evaluation, out T value);
}

internal readonly struct BooleanValue : IFlagValue<bool>
{
    public static bool TryRead(in Evaluation evaluation, out bool value)
    {
        var kind = evaluation.Value!.Value.ValueKind;
        value = kind == JsonValueKind.True;
        return kind is JsonValueKind.True or JsonValueKind.False;
    }
}

internal readonly struct TextValue : IFlagValue<string>
{
    public static bool TryRead(in Evaluation evaluation, out string value)
    {
        value = evaluation.Text!;
        return value is not null;
    }
}

internal readonly struct NumberValue : IFlagValue<double>
{
    public static bool TryRead(in Evaluation evaluation, out double value)
    {
        value = default;
        return evaluation.Value is { ValueKind: JsonValueKind.Number } json
            && json.TryGetDouble(out value)
            // 1e400 is read as infinite.
            && double.IsFinite(value);
    }
}

internal readonly struct IntegerValue : IFlagValue<long>
{
    public static bool TryRead(in Evaluation evaluation, out long value)
    {
        value = default;
        if (evaluation.Value is not { ValueKind: JsonValueKind.Number } json)
            return false;
        if (json.TryGetInt64(out value))
            return true;
        // 1.0 and 1e3 are whole too. A double has not digits enough for a long; a decimal has, but takes 1e-30 for 0.
        if (
            !json.TryGetDecimal(out var number)
            || !decimal.IsInteger(number)
            || number is < long.MinValue or > long.MaxValue
            || !(json.TryGetDouble(out var rough) && double.IsInteger(rough))
        )
            return false;
        value = (long)number;
        return true;
    }
}

internal readonly struct AnyValue : IFlagValue<JsonElement>
{
    public static bool TryRead(in Evaluation evaluation, out JsonElement value)
    {
        value = evaluation.Value!.Value;
        return true;
    }
}
