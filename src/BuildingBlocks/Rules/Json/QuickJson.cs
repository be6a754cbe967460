using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace FeatureFlags.Rules.Json;

/// <summary>Reads an object's members, with the reader at its start; null when anything is not as usual.</summary>
public delegate T? QuickRead<out T>(ref Utf8JsonReader json)
    where T : class;

/// <summary>
/// Reads requests at the first go, from the bytes where they lie and without a document in between. It takes what is
/// usual and right, and only notices whatever is not: then the strict readers, which know the words for every mistake,
/// read the same bytes again. What both take they take for the same.
/// </summary>
public static class QuickJson
{
    /// <summary>Members of one object; more are compared with one another in a less simple way than here.</summary>
    internal const int MostMembers = 64;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = 64 };

    /// <param name="bytes">The whole body.</param>
    /// <param name="read">Reads its object's members.</param>
    /// <returns>Null when it takes the strict reader to say what this is.</returns>
    public static T? Read<T>(ReadOnlySequence<byte> bytes, QuickRead<T> read)
        where T : class
    {
        var utf8 = bytes.IsSingleSegment ? bytes.FirstSpan : bytes.ToArray();
        if (!Utf8.IsValid(utf8))
            return null;

        var json = new Utf8JsonReader(utf8, Options);
        try
        {
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return null;
            var value = read(ref json);
            return json.TokenType == JsonTokenType.EndObject && !json.Read() ? value : null;
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException)
        {
            // An escaped half of a surrogate pair.
            return null;
        }
    }

    /// <summary>The member's value, a text that can be stored; null for anything else.</summary>
    public static string? Text(ref Utf8JsonReader json) =>
        json.Read() && json.TokenType == JsonTokenType.String ? Storable(ref json) : null;

    /// <summary>The member's value, a list of texts that can be stored; null for anything else.</summary>
    public static IReadOnlyList<string>? Texts(ref Utf8JsonReader json)
    {
        if (!json.Read() || json.TokenType != JsonTokenType.StartArray)
            return null;

        var texts = new List<string>();
        while (json.Read() && json.TokenType == JsonTokenType.String)
        {
            if (Storable(ref json) is not { } text)
                return null;
            texts.Add(text);
        }
        return json.TokenType == JsonTokenType.EndArray ? texts : null;
    }

    private static string? Storable(ref Utf8JsonReader json)
    {
        var text = json.GetString()!;
        // In valid UTF-8 only an escape can bring in what can't be stored.
        return !json.ValueIsEscaped || JsonText.IsWellFormed(text) ? text : null;
    }
}
