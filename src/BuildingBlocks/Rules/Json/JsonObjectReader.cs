using System.Text.Json;

namespace FeatureFlags.Rules.Json;

/// <summary>
/// Reads a JSON object member by member and notes every problem by path: a wrong type, a missing member, and,
/// through <see cref="RefuseOthers"/>, a member nobody asked for. A wrong member reads as if it were left out.
/// </summary>
public sealed class JsonObjectReader
{
    // Plain lists: an object has few members, is asked for few, and a definition holds many objects.
    private readonly List<(string Name, JsonElement Value)> _members;
    private readonly List<string> _read = [];

    private JsonObjectReader(JsonElement element, string path, Problems problems)
    {
        Path = path;
        Problems = problems;
        _members = new(element.GetPropertyCount());
        foreach (var member in element.EnumerateObject())
        {
            var name = JsonText.NameOf(member);
            if (JsonText.IsWellFormed(name))
                _members.Add((name, member.Value));
            else
                problems.Add(path, $"has a member whose name {JsonText.Malformed}");
        }
    }

    public string Path { get; }

    public Problems Problems { get; }

    /// <summary>A reader over <paramref name="element"/>, or null and a problem when it is no object.</summary>
    public static JsonObjectReader? Over(JsonElement element, string path, Problems problems)
    {
        if (element.ValueKind == JsonValueKind.Object)
            return new JsonObjectReader(element, path, problems);

        problems.Add(path, $"must be an object, not {Named(element)}");
        return null;
    }

    /// <summary>Every member with its path, in no particular order.</summary>
    public IEnumerable<(string Name, JsonElement Value, string Path)> Members() =>
        _members.Select(member => (member.Name, member.Value, PathOf(member.Name)));

    /// <summary>Whether the member is there, null or not; it counts as read.</summary>
    public bool Has(string name)
    {
        MarkRead(name);
        return Find(name) is not null;
    }

    /// <summary>The member as it stands; null when it is left out or JSON null.</summary>
    public JsonElement? Any(string name)
    {
        MarkRead(name);
        return Find(name) is { ValueKind: not JsonValueKind.Null } value ? value : null;
    }

    /// <summary>The member as it stands; null and a problem when it is left out or JSON null.</summary>
    public JsonElement? RequiredAny(string name)
    {
        var value = Any(name);
        if (value is null)
            Problems.Add(PathOf(name), "is required");
        return value;
    }

    /// <summary>Any JSON that can be stored: its texts and names too are such as <see cref="Text"/> takes.</summary>
    public JsonElement? Storable(string name)
    {
        if (Any(name) is not { } value)
            return null;
        if (JsonText.IsWellFormed(value))
            return value;

        Problems.Add(PathOf(name), JsonText.Malformed);
        return null;
    }

    public string? Text(string name) => TextIn(name, Any(name));

    public string? RequiredText(string name) => TextIn(name, RequiredAny(name));

    public bool? Boolean(string name) =>
        Any(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.True } => true,
            { ValueKind: JsonValueKind.False } => false,
            { } other => Wrong<bool>(name, "true or false", other),
        };

    /// <summary>A finite number.</summary>
    public double? Number(string name) => NumberIn(name, Any(name));

    public double? RequiredNumber(string name) => NumberIn(name, RequiredAny(name));

    /// <summary>A whole number that a 32-bit integer holds.</summary>
    public int? Integer(string name) => IntegerIn(name, Any(name));

    public int? RequiredInteger(string name) => IntegerIn(name, RequiredAny(name));

    public JsonObjectReader? Object(string name) => Any(name) is { } value ? Over(value, PathOf(name), Problems) : null;

    public JsonObjectReader? RequiredObject(string name) =>
        RequiredAny(name) is { } value ? Over(value, PathOf(name), Problems) : null;

    /// <summary>The elements of an array member with their paths; null when it is left out or no array.</summary>
    public IReadOnlyList<(JsonElement Element, string Path)>? Array(string name)
    {
        if (Any(name) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Array)
            return [.. value.EnumerateArray().Select((element, i) => (element, $"{PathOf(name)}[{i}]"))];

        Problems.Add(PathOf(name), $"must be an array, not {Named(value)}");
        return null;
    }

    /// <summary>An array of texts; elements of another type are problems and left out.</summary>
    public IReadOnlyList<string>? Texts(string name)
    {
        if (Array(name) is not { } elements)
            return null;

        var texts = new List<string>(elements.Count);
        foreach (var (element, path) in elements)
        {
            if (TextOf(element, path) is { } text)
                texts.Add(text);
        }
        return texts;
    }

    /// <summary>The text that stands at a path; null and a problem when it is of another type, or can't be stored.</summary>
    public string? TextOf(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.String)
        {
            Problems.Add(path, $"must be text, not {Named(element)}");
            return null;
        }

        var text = JsonText.Of(element);
        if (JsonText.IsWellFormed(text))
            return text;

        Problems.Add(path, JsonText.Malformed);
        return null;
    }

    /// <summary>Notes every member that was not asked for, but for those named here, which are ignored.</summary>
    public void RefuseOthers(params ReadOnlySpan<string> ignored)
    {
        foreach (var (name, _) in _members)
        {
            if (!_read.Contains(name) && !ignored.Contains(name))
                Problems.Add(PathOf(name), $"is unknown; known are: {string.Join(", ", _read)}");
        }
    }

    public string PathOf(string name) => Path.Length == 0 ? name : $"{Path}.{name}";

    /// <summary>What kind of JSON value this is, in the words of an error message.</summary>
    public static string Named(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "an array",
            JsonValueKind.String => "text",
            JsonValueKind.Number => "a number",
            JsonValueKind.True or JsonValueKind.False => "a boolean",
            _ => "null",
        };

    private JsonElement? Find(string name)
    {
        foreach (var (known, value) in _members)
        {
            if (known == name)
                return value;
        }
        return null;
    }

    private void MarkRead(string name)
    {
        if (!_read.Contains(name))
            _read.Add(name);
    }

    private string? TextIn(string name, JsonElement? value) => value is { } text ? TextOf(text, PathOf(name)) : null;

    private double? NumberIn(string name, JsonElement? value) =>
        value switch
        {
            null => null,
            { ValueKind: JsonValueKind.Number } number when double.IsFinite(number.GetDouble()) => number.GetDouble(),
            { } other => Wrong<double>(name, "a finite number", other),
        };

    private int? IntegerIn(string name, JsonElement? value) =>
        value switch
        {
            null => null,
            { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out var whole) => whole,
            { } other => Wrong<int>(name, "a whole number within ±2147483647", other),
        };

    private T? Wrong<T>(string name, string expected, JsonElement other)
        where T : struct
    {
        Problems.Add(PathOf(name), $"must be {expected}, not {Named(other)}");
        return null;
    }
}
