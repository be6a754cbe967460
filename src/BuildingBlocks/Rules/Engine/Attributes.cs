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

    private static readonly AttributeValue Missing;

    private readonly int[] _hashes;
    private readonly string[] _names;
    private readonly AttributeValue[] _values;

    public Attributes(string[] names, AttributeValue[] values)
    {
        _names = Array.ConvertAll(names, AttributeNames.Known);
        _hashes = Array.ConvertAll(names, HashOf);
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

    public ReadOnlySpan<string> Names => _names;

    public ref readonly AttributeValue Find(string name, int hash)
    {
        var left = _hashes.AsSpan();
        while (left.LastIndexOf(hash) is var i and >= 0)
        {
            if (string.Equals(_names[i], name))
                return ref _values[i];
            left = left[..i];
        }
        return ref Missing;
    }
}
