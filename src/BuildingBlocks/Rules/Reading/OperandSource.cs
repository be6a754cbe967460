using System.Text.Json;
using FeatureFlags.Rules.Json;
using FeatureFlags.Rules.Operands;

namespace FeatureFlags.Rules.Reading;

/// <summary>An operand as it was written, and how to refuse it at its path.</summary>
internal sealed class OperandSource(
    JsonElement element,
    string path,
    bool ignoreCase,
    bool numeric,
    ConditionReader reader
)
{
    public JsonValueKind Kind => element.ValueKind;

    public bool IsList => element.ValueKind == JsonValueKind.Array;

    public bool Numeric => numeric;

    public StringComparison Comparison => ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    public bool Refused { get; private set; }

    public T Refuse<T>(string message) => Refuse<T>(message, path);

    public double Number() =>
        element.ValueKind == JsonValueKind.Number && double.IsFinite(element.GetDouble())
            ? element.GetDouble()
            : Refuse<double>($"must be a finite number, not {JsonObjectReader.Named(element)}");

    public int Size() =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var size) && size >= 0
            ? size
            : Refuse<int>("must be a whole number from 0");

    public long Time()
    {
        var ticks = 0L;
        return element.ValueKind switch
        {
            JsonValueKind.String when Timestamp.TryParse(JsonText.Of(element), out ticks) => ticks,
            JsonValueKind.Number when Timestamp.TryFromEpoch(element.GetDouble(), out ticks) => ticks,
            _ => Refuse<long>("must be a time such as 2026-01-31T09:00:00Z, a date, or epoch milliseconds"),
        };
    }

    /// <summary>The scalar, or those of a list.</summary>
    public ScalarSet Scalars()
    {
        var texts = new List<string>();
        var numbers = new List<double>();
        var hasTrue = false;
        var hasFalse = false;
        foreach (var (item, index) in Items())
        {
            switch (item.ValueKind)
            {
                case JsonValueKind.String when TextOf(item, index) is { } text:
                    texts.Add(text);
                    break;
                case JsonValueKind.Number when double.IsFinite(item.GetDouble()):
                    numbers.Add(item.GetDouble());
                    break;
                case JsonValueKind.True:
                    hasTrue = true;
                    break;
                case JsonValueKind.False:
                    hasFalse = true;
                    break;
                case JsonValueKind.Null:
                    Refuse<ScalarSet>(
                        """must not be null; whether an attribute is there is asked by "exists" """.TrimEnd(),
                        PathOf(index)
                    );
                    break;
                case not JsonValueKind.String:
                    Refuse<ScalarSet>(
                        $"must be text, a finite number or a boolean, not {JsonObjectReader.Named(item)}",
                        PathOf(index)
                    );
                    break;
            }
        }
        var comparer = ignoreCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
        return new ScalarSet(texts, numbers, hasTrue, hasFalse, comparer);
    }

    /// <summary>The text, or those of a list, each parsed: into a value, or a refusal.</summary>
    public T[] Each<T>(Func<string, (T Value, string? Refusal)> parse)
    {
        var values = new List<T>();
        foreach (var (item, index) in Items())
        {
            if (TextOf(item, index) is not { } text)
                continue;
            var (value, refusal) = parse(text);
            if (refusal is null)
                values.Add(value);
            else
                Refuse<T>(refusal, PathOf(index));
        }
        return [.. values];
    }

    public Pattern[] EachPattern() =>
        Each(text => reader.TakeRegex() ? Pattern.Parse(text, ignoreCase) : (null!, ConditionReader.TooManyRegexes));

    private IEnumerable<(JsonElement Item, int? Index)> Items()
    {
        if (!IsList)
            return [(element, null)];

        var length = element.GetArrayLength();
        if (length == 0)
            Refuse<object>("must not be empty");
        if (length > Limits.ListLength)
            Refuse<object>($"must have at most {Limits.ListLength} elements");
        return Refused ? [] : element.EnumerateArray().Select((item, i) => (item, (int?)i));
    }

    private string? TextOf(JsonElement item, int? index)
    {
        if (item.ValueKind != JsonValueKind.String)
            return Refuse<string?>($"must be text, not {JsonObjectReader.Named(item)}", PathOf(index));

        var text = JsonText.Of(item);
        if (text.Length > Limits.TextLength)
            return Refuse<string?>($"must be at most {Limits.TextLength} characters", PathOf(index));
        return JsonText.IsWellFormed(text) ? text : Refuse<string?>(JsonText.Malformed, PathOf(index));
    }

    // Only a refusal needs the path of an element: lists are long, and refusals rare.
    private string PathOf(int? index) => index is null ? path : $"{path}[{index}]";

    private T Refuse<T>(string message, string at)
    {
        Refused = true;
        reader.Problems.Add(at, message);
        return default!;
    }
}
