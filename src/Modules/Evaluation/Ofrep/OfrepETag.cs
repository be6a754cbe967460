using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using FeatureFlags.BuildingBlocks.Outbox;

namespace FeatureFlags.Evaluation.Ofrep;

/// <summary>
/// The entity tag of a bulk answer: a digest of all that the answer follows from, so that it costs no evaluation to
/// know that a client has it already. Of a context the order of members does not count, and how its texts and numbers
/// are written does: at worst an answer is sent once more.
/// </summary>
internal static class OfrepETag
{
    // Nobody gains by finding two contexts that share a tag: they would be their own.
    private const int Bytes = 16;

    /// <param name="head">What the rules are as of.</param>
    /// <param name="eventsUrl">
    /// A client that hears 304 goes on with the address it has, which must not be one that ends before this one.
    /// </param>
    /// <param name="context">A JSON object without duplicate members.</param>
    public static string Of(ScopeHead head, string? eventsUrl, JsonElement context)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(digest, head.Scope.Tenant);
        Append(digest, head.Scope.Environment);
        Append(digest, head.Revision.ToString(CultureInfo.InvariantCulture));
        Append(digest, head.EventId);
        Append(digest, eventsUrl ?? "");
        Append(digest, context);
        return $"\"{Base64Url.EncodeToString(digest.GetHashAndReset().AsSpan(0, Bytes))}\"";
    }

    private static void Append(IncrementalHash digest, string text)
    {
        digest.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
        digest.AppendData("\0\0"u8);
    }

    private static void Append(IncrementalHash digest, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                digest.AppendData("{"u8);
                foreach (var member in value.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    Append(digest, member.Name);
                    Append(digest, member.Value);
                }
                digest.AppendData("}"u8);
                break;
            case JsonValueKind.Array:
                digest.AppendData("["u8);
                foreach (var item in value.EnumerateArray())
                {
                    Append(digest, item);
                    digest.AppendData(","u8);
                }
                digest.AppendData("]"u8);
                break;
            default:
                digest.AppendData(JsonMarshal.GetRawUtf8Value(value));
                digest.AppendData(","u8);
                break;
        }
    }
}
