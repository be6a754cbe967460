using System.Text.Json;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.Rules.Engine;

/// <summary>
/// Named values, looked up by a name whose hash is known. The hashes lie side by side, so a lookup is one vectorised
/// scan, and the names are compared once, on a hit.
/// </summary>
internal sealed class Attributes
{
    public static readonly Attributes None = new([], []);

    private const int UsualCount = 8;

    private static readonly AttributeValue Missing;

    private readonly int _count;
    private readonly int[] _hashes;
    private readonly string[] _names;
    private readonly AttributeValue[] _values;

    public Attributes(string[] names, AttributeValue[] values)
        : this(names.Length, Array.ConvertAll(names, HashOf), Array.ConvertAll(names, AttributeNames.Known), values) { }

    // The arrays may have room for more.
    private Attributes(int count, int[] hashes, string[] names, AttributeValue[] values)
    {
        _count = count;
        _hashes = hashes;
        _names = names;
        _values = values;
    }

    public static int HashOf(string name) => name.GetHashCode(StringComparison.Ordinal);

    /// <param name="element">A JSON object; of a repeated member the last counts.</param>
    /// <param name="depth">How many objects stand around its values.</param>
    public static Attributes From(JsonElement element, int depth)
    {
        var count = element.GetPropertyCount();
        if (count == 0)
            return None;

        var names = new string[count];
        var values = new AttributeValue[count];
        var i = 0;
        foreach (var member in element.EnumerateObject())
        {
            names[i] = JsonText.NameOf(member);
            values[i++] = AttributeValue.Of(member.Value, depth);
        }
        return new Attributes(names, values);
    }

    /// <summary>Reads an object's members, with the reader at its start. See <see cref="QuickJson"/>.</summary>
    /// <param name="json">Stands at the object's end afterwards.</param>
    /// <param name="depth">How many objects stand around its values.</param>
    /// <returns>Null when anything is not as usual.</returns>
    public static Attributes? TryRead(ref Utf8JsonReader json, int depth)
    {
        var names = new string[UsualCount];
        var hashes = new int[UsualCount];
        var values = new AttributeValue[UsualCount];
        var count = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (count == names.Length)
            {
                if (count == QuickJson.MostMembers)
                    return null;
                Array.Resize(ref names, 2 * count);
                Array.Resize(ref hashes, 2 * count);
                Array.Resize(ref values, 2 * count);
            }
            var name = json.GetString()!;
            var hash = HashOf(name);
            // A name that is there already, or, once in four billion, one that hashes alike.
            if (hashes.AsSpan(0, count).Contains(hash) || (json.ValueIsEscaped && !JsonText.IsWellFormed(name)))
                return null;
            json.Read();
            if (!AttributeValue.TryRead(ref json, depth, out values[count]))
                return null;
            names[count] = AttributeNames.Known(name);
            hashes[count++] = hash;
        }
        return count == 0 ? None : new Attributes(count, hashes, names, values);
    }

    public ReadOnlySpan<string> Names => _names.AsSpan(0, _count);

    /// <summary>These without one.</summary>
    /// <param name="value">What that one was; missing where there is none of the name.</param>
    public Attributes Without(string name, out AttributeValue value)
    {
        var i = Names.IndexOf(name);
        value = i < 0 ? default : _values[i];
        return i < 0 ? this : new Attributes(_count - 1, Without(_hashes, i), Without(_names, i), Without(_values, i));

        T[] Without<T>(T[] items, int at) => [.. items.AsSpan(0, at), .. items.AsSpan(at + 1, _count - at - 1)];
    }

    public ref readonly AttributeValue Find(string name, int hash)
    {
        var left = _hashes.AsSpan(0, _count);
        while (left.LastIndexOf(hash) is var i and >= 0)
        {
            if (string.Equals(_names[i], name))
                return ref _values[i];
            left = left[..i];
        }
        return ref Missing;
    }
}
