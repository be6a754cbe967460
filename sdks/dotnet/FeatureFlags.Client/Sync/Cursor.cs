using System.Globalization;

namespace FeatureFlags.Client.Sync;

/// <summary>
/// A moment in an environment's history, written <c>42.01J…</c>. The event's id tells histories apart: after a backup is
/// restored the same revision may be another one.
/// </summary>
internal readonly record struct Cursor(long Revision, string EventId)
{
    public static bool TryParse(string text, out Cursor cursor)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (
            dot > 0
            && long.TryParse(text.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        )
        {
            cursor = new Cursor(number, text[(dot + 1)..]);
            return true;
        }
        cursor = default;
        return false;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Revision}.{EventId}");
}
