using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace FeatureFlags.Rules.Json;

/// <summary>
/// The text of JSON strings and member names, including what the platform's own getters throw on: an escaped half
/// of a surrogate pair (<c>"\ud800"</c>), kept as it is, and bytes that are no UTF-8, read as U+FFFD.
/// </summary>
internal static class JsonText
{
    public const string Malformed = "must not hold U+0000 or half of a surrogate pair";

    public static string Of(JsonElement text)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Unescaped(JsonMarshal.GetRawUtf8Value(text)[1..^1]);
        }
    }

    public static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return Unescaped(JsonMarshal.GetRawUtf8PropertyName(member));
        }
    }

    /// <summary>
    /// Whether every consumer can store and echo the text: no half of a surrogate pair, which has no UTF-8, and no
    /// U+0000, which PostgreSQL has no place for.
    /// </summary>
    public static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0')
                return false;
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return false;
            i++;
        }
        return true;
    }

    /// <summary>Whether every text and name within a value is.</summary>
    public static bool IsWellFormed(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.String => IsWellFormed(Of(value)),
            JsonValueKind.Array => value.EnumerateArray().All(IsWellFormed),
            JsonValueKind.Object => value.EnumerateObject().All(m => IsWellFormed(NameOf(m)) && IsWellFormed(m.Value)),
            _ => true,
        };

    private static string Unescaped(ReadOnlySpan<byte> raw)
    {
        var text = new StringBuilder(raw.Length);
        while (raw.IndexOf((byte)'\\') is var escape and >= 0)
        {
            text.Append(Encoding.UTF8.GetString(raw[..escape]));
            var length = raw[escape + 1] == 'u' ? 6 : 2;
            text.Append(Escaped(raw.Slice(escape, length)));
            raw = raw[(escape + length)..];
        }
        return text.Append(Encoding.UTF8.GetString(raw)).ToString();
    }

    private static char Escaped(ReadOnlySpan<byte> escape) =>
        (char)escape[1] switch
        {
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => (char)Convert.ToUInt16(Encoding.ASCII.GetString(escape[2..]), 16),
            var itself => itself,
        };
}
