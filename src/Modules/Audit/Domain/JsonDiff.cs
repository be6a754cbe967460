using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FeatureFlags.Audit.Domain;

/// <summary>One operation of RFC 6902 (JSON Patch).</summary>
/// <param name="Op"><c>add</c>, <c>remove</c> or <c>replace</c>.</param>
/// <param name="Path">Where, as a JSON Pointer (RFC 6901); <c>""</c> is the whole document.</param>
/// <param name="Value">What is there afterwards; left out of a <c>remove</c>.</param>
internal sealed record JsonPatchOperation(
    string Op,
    string Path,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Value
);

/// <summary>
/// What changed between two JSON documents, as a JSON Patch (RFC 6902): applied in order to the first it gives the
/// second. The order of members and the way a number is written (1 or 1.0) make no difference.
/// </summary>
/// <remarks>
/// Only <c>add</c>, <c>remove</c> and <c>replace</c> are used. Members come in the order of the first document, then
/// the added ones in that of the second. Array elements that are equal at the start and at the end are left alone; in
/// between they are compared by index, then the surplus is removed from the back or added from the front. So one
/// element put in or taken out is one operation, wherever it is.
/// </remarks>
internal static class JsonDiff
{
    /// <param name="before">Null where there was nothing: then all of <paramref name="after"/> is added.</param>
    /// <param name="after">Null where nothing is left: then the document is removed.</param>
    public static IReadOnlyList<JsonPatchOperation> Between(JsonElement? before, JsonElement? after)
    {
        var changes = new List<JsonPatchOperation>();
        switch (before, after)
        {
            case ({ } from, { } to):
                Compare(from, to, "", changes);
                break;
            case (null, { } added):
                changes.Add(new("add", "", added));
                break;
            case ({ }, null):
                changes.Add(new("remove", "", null));
                break;
        }
        return changes;
    }

    private static void Compare(JsonElement before, JsonElement after, string path, List<JsonPatchOperation> changes)
    {
        switch (before.ValueKind, after.ValueKind)
        {
            case (JsonValueKind.Object, JsonValueKind.Object):
                CompareMembers(before, after, path, changes);
                break;
            case (JsonValueKind.Array, JsonValueKind.Array):
                CompareElements(before, after, path, changes);
                break;
            default:
                if (!JsonElement.DeepEquals(before, after))
                    changes.Add(new("replace", path, after));
                break;
        }
    }

    private static void CompareMembers(
        JsonElement before,
        JsonElement after,
        string path,
        List<JsonPatchOperation> changes
    )
    {
        foreach (var member in before.EnumerateObject())
        {
            if (after.TryGetProperty(member.Name, out var value))
                Compare(member.Value, value, Below(path, member.Name), changes);
            else
                changes.Add(new("remove", Below(path, member.Name), null));
        }
        foreach (var member in after.EnumerateObject())
        {
            if (!before.TryGetProperty(member.Name, out _))
                changes.Add(new("add", Below(path, member.Name), member.Value));
        }
    }

    private static void CompareElements(
        JsonElement before,
        JsonElement after,
        string path,
        List<JsonPatchOperation> changes
    )
    {
        JsonElement[] old = [.. before.EnumerateArray()];
        JsonElement[] now = [.. after.EnumerateArray()];
        var shorter = Math.Min(old.Length, now.Length);

        var start = 0;
        while (start < shorter && JsonElement.DeepEquals(old[start], now[start]))
            start++;
        var end = 0;
        while (end < shorter - start && JsonElement.DeepEquals(old[^(end + 1)], now[^(end + 1)]))
            end++;

        var i = start;
        for (; i < shorter - end; i++)
            Compare(old[i], now[i], Below(path, i), changes);
        for (var surplus = old.Length - end - 1; surplus >= i; surplus--)
            changes.Add(new("remove", Below(path, surplus), null));
        for (; i < now.Length - end; i++)
            changes.Add(new("add", Below(path, i), now[i]));
    }

    private static string Below(string path, int index) => $"{path}/{index.ToString(CultureInfo.InvariantCulture)}";

    // RFC 6901: '~' first, or the '~' of an escaped '/' would be escaped again.
    private static string Below(string path, string member) =>
        $"{path}/{member.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
}
