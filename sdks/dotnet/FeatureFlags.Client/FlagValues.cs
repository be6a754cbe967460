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
        return evaluation.Value is { ValueKind: JsonValueKind.Number } json && json.TryGetDouble(out value);
    }
}

internal readonly struct IntegerValue : IFlagValue<long>
{
    // The greatest power of two that a long can't hold: what is below it, it can.
    private const double TwoTo63 = 9223372036854775808;

    public static bool TryRead(in Evaluation evaluation, out long value)
    {
        value = default;
        if (evaluation.Value is not { ValueKind: JsonValueKind.Number } json)
            return false;
        if (json.TryGetInt64(out value))
            return true;
        // 1.0 and 1e3 are whole too.
        if (!json.TryGetDouble(out var number) || !double.IsInteger(number) || number is < -TwoTo63 or >= TwoTo63)
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
