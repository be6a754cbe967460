using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace FeatureFlags.IntegrationTests;

/// <summary>An HTTP answer, read whole.</summary>
internal sealed record Answer(
    HttpStatusCode Status,
    string Text,
    HttpResponseHeaders Headers,
    HttpContentHeaders ContentHeaders
)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public string? ETag => Headers.ETag?.Tag;

    public static async Task<Answer> Of(HttpResponseMessage response)
    {
        using (response)
            return new(
                response.StatusCode,
                await response.Content.ReadAsStringAsync(),
                response.Headers,
                response.Content.Headers
            );
    }

    public JsonElement this[string member] => Json.GetProperty(member);

    /// <summary>The value at a dotted path, as text.</summary>
    public string? At(string path)
    {
        var at = Json;
        foreach (var part in path.Split('.'))
        {
            if (at.ValueKind == JsonValueKind.Array)
                at = at[int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)];
            else if (!at.TryGetProperty(part, out at))
                return null;
        }
        return at.ValueKind == JsonValueKind.Null ? null : at.ToString();
    }

    /// <summary>The fields that a problem document says are wrong.</summary>
    public IReadOnlyList<string> WrongFields =>
        Json.TryGetProperty("errors", out var errors) ? [.. errors.EnumerateObject().Select(e => e.Name)] : [];

    public override string ToString() => $"{(int)Status} {Text}";
}
