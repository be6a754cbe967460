using System.Globalization;

namespace FeatureFlags.BuildingBlocks.Http;

/// <summary>Times as the API takes them, e.g. <c>2026-01-31T12:00:00Z</c> or <c>2026-01-31T13:00:00.5+01:00</c>.</summary>
public static class Rfc3339
{
    private static readonly string[] Forms = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    public static bool TryRead(string text, out DateTimeOffset time)
    {
        time = default;
        // "K" stands for no offset too.
        return (text.EndsWith('Z') || text is [.., '+' or '-', _, _, ':', _, _])
            && DateTimeOffset.TryParseExact(
                text,
                Forms,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out time
            );
    }
}
