using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.Rules.Engine;

internal enum ValueKind : byte
{
    /// <summary>Left out, or null.</summary>
    Missing,
    Text,
    Number,
    Boolean,
    List,
    Object,
}

/// <summary>An attribute's value, typed once when the context is built, so that no evaluation looks at JSON.</summary>
[DebuggerDisplay("{Kind}")]
internal readonly struct AttributeValue
{
    /// <summary>A value inside a list that no operator can match, such as a list or an object; it counts in its size.</summary>
    private static readonly AttributeValue Opaque = new(ValueKind.Object, Attributes.None, 0);

    private const int LongestShown = 200;
    private const int MostShown = 20;
    private const double TwoTo53 = 1L << 53;

    private readonly object? _reference;
    private readonly double _number;

    private AttributeValue(ValueKind kind, object? reference, double number, bool rounded = false)
    {
        Kind = kind;
        IsRounded = rounded;
        _reference = reference;
        _number = number;
    }

    public ValueKind Kind { get; }

    /// <summary>The number was beyond ±2^53 as written and only rounded to it, so it is no bucket key.</summary>
    private bool IsRounded { get; }

    public string Text => Unsafe.As<string>(_reference!);

    public double Number => _number;

    public bool Boolean => _number != 0;

    public ReadOnlySpan<AttributeValue> List => Unsafe.As<AttributeValue[]>(_reference!);

    public Attributes Object => Unsafe.As<Attributes>(_reference!);

    public static AttributeValue Of(string text) => new(ValueKind.Text, text, 0);

    public static AttributeValue Of(double number) => new(ValueKind.Number, null, number);

    public static AttributeValue Of(long number) =>
        new(ValueKind.Number, null, number, number is > 1L << 53 or < -(1L << 53));

    public static AttributeValue Of(bool boolean) => new(ValueKind.Boolean, null, boolean ? 1 : 0);

    public static AttributeValue Of(AttributeValue[] list) => new(ValueKind.List, list, 0);

    public static AttributeValue Of(Attributes members) => new(ValueKind.Object, members, 0);

    /// <param name="element">Any JSON value.</param>
    /// <param name="depth">How many objects stand around it: below the deepest path nothing can be asked for.</param>
    public static AttributeValue Of(JsonElement element, int depth) =>
        element.ValueKind switch
        {
            JsonValueKind.String => Of(JsonText.Of(element)),
            JsonValueKind.Number => OfNumber(element),
            JsonValueKind.True => Of(true),
            JsonValueKind.False => Of(false),
            JsonValueKind.Array => OfArray(element),
            JsonValueKind.Object => depth < Limits.PathParts ? Of(Attributes.From(element, depth + 1)) : Opaque,
            _ => default,
        };

    /// <summary>Reads the value that the reader stands at. See <see cref="QuickJson"/>.</summary>
    /// <param name="json">Stands at the value's last token afterwards.</param>
    /// <param name="depth">How many objects stand around it.</param>
    /// <param name="value">As <see cref="Of(JsonElement, int)"/> gives it.</param>
    /// <returns>False for what nobody can ask for, such as a list in a list, and what stands too deep.</returns>
    public static bool TryRead(ref Utf8JsonReader json, int depth, out AttributeValue value)
    {
        value = json.TokenType switch
        {
            JsonTokenType.String => Of(json.GetString()!),
            JsonTokenType.Number => OfNumber(ref json),
            JsonTokenType.True => Of(true),
            JsonTokenType.False => Of(false),
            _ => default,
        };
        return json.TokenType switch
        {
            JsonTokenType.StartArray => TryReadArray(ref json, out value),
            JsonTokenType.StartObject => depth < Limits.PathParts && TryReadObject(ref json, depth + 1, out value),
            _ => true,
        };
    }

    /// <summary>
    /// The value as a bucket key: text as it is, a whole number within ±2^53 in decimal, anything else is none.
    /// </summary>
    public bool TryGetBucketKey(out BucketKey key)
    {
        if (Kind == ValueKind.Text)
        {
            key = new BucketKey(Text);
            return true;
        }
        if (Kind == ValueKind.Number && Math.Abs(_number) <= TwoTo53 && !IsRounded && _number == Math.Floor(_number))
        {
            key = new BucketKey((long)_number);
            return true;
        }
        key = default;
        return false;
    }

    /// <summary>The value as JSON for people: long texts and lists are shortened, objects emptied.</summary>
    public string ToJson() =>
        Kind switch
        {
            ValueKind.Text => JsonSerializer.Serialize(
                Text.Length <= LongestShown ? Text : $"{Text[..LongestShown]}…",
                RulesJson.Default.String
            ),
            ValueKind.Number when double.IsFinite(_number) => JsonSerializer.Serialize(
                _number,
                RulesJson.Default.Double
            ),
            ValueKind.Boolean => Boolean ? "true" : "false",
            ValueKind.List =>
                $"[{string.Join(',', List[..Math.Min(List.Length, MostShown)].ToArray().Select(v => v.ToJson()))}]",
            ValueKind.Object => "{}",
            _ => "null",
        };

    private static AttributeValue OfNumber(JsonElement element)
    {
        var number = element.GetDouble();
        return IsAtTheEdge(number) ? OfEdge(number, element.TryGetDecimal(out var exact) ? exact : null) : Of(number);
    }

    private static AttributeValue OfNumber(ref Utf8JsonReader json)
    {
        var number = json.GetDouble();
        return IsAtTheEdge(number) ? OfEdge(number, json.TryGetDecimal(out var exact) ? exact : null) : Of(number);
    }

    private static bool IsAtTheEdge(double number) => Math.Abs(number) == TwoTo53;

    // A double can't tell 2^53 from 2^53 + 1; the digits can.
    private static AttributeValue OfEdge(double number, decimal? exact) =>
        new(ValueKind.Number, null, number, rounded: exact is not { } digits || Math.Abs(digits) > 1L << 53);

    private static AttributeValue OfArray(JsonElement array)
    {
        var values = new AttributeValue[array.GetArrayLength()];
        var i = 0;
        foreach (var element in array.EnumerateArray())
            values[i++] = element.ValueKind is JsonValueKind.Array or JsonValueKind.Object ? Opaque : Of(element, 0);
        return Of(values);
    }

    private static bool TryReadArray(ref Utf8JsonReader json, out AttributeValue value)
    {
        var values = new List<AttributeValue>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            var isScalar = json.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject);
            if (!isScalar || !TryRead(ref json, 0, out var element))
            {
                value = default;
                return false;
            }
            values.Add(element);
        }
        value = Of([.. values]);
        return true;
    }

    private static bool TryReadObject(ref Utf8JsonReader json, int depth, out AttributeValue value)
    {
        var members = Attributes.TryRead(ref json, depth);
        value = members is null ? default : Of(members);
        return members is not null;
    }
}
