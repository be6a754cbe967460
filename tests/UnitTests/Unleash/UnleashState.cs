using System.Text.Json;

namespace FeatureFlags.UnitTests.Unleash;

/// <summary>What a client of Unleash has fetched: its features by name, its segments by id.</summary>
internal sealed class UnleashState
{
    private readonly Dictionary<string, JsonElement> _features = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, JsonElement> _segments = [];

    public IReadOnlyDictionary<string, JsonElement> Features => _features;

    public IReadOnlyDictionary<int, JsonElement> Segments => _segments;

    /// <param name="state">A whole state, or the <c>events</c> of the delta API that lead to one.</param>
    public static UnleashState Of(JsonElement state)
    {
        var read = new UnleashState();
        read.Take(state);
        foreach (var change in state.ArrayOf("events"))
            read.Apply(change);
        return read;
    }

    private void Take(JsonElement state)
    {
        foreach (var feature in state.ArrayOf("features"))
            TakeFeature(feature);
        foreach (var segment in state.ArrayOf("segments"))
            TakeSegment(segment);
    }

    private void Apply(JsonElement change)
    {
        switch (change.TextOf("type"))
        {
            case "hydration":
                Take(change);
                break;
            case "feature-updated":
                TakeFeature(change.GetProperty("feature"));
                break;
            case "feature-removed":
                _features.Remove(change.TextOf("featureName")!);
                break;
            case "segment-updated":
                TakeSegment(change.GetProperty("segment"));
                break;
            case "segment-removed":
                _segments.Remove(change.GetProperty("segmentId").GetInt32());
                break;
            case var unknown:
                throw new NotSupportedException($"There is no event {unknown}.");
        }
    }

    private void TakeFeature(JsonElement feature) => _features[feature.TextOf("name")!] = feature;

    private void TakeSegment(JsonElement segment) => _segments[segment.GetProperty("id").GetInt32()] = segment;
}

internal static class UnleashJson
{
    /// <summary>The elements of an array; none where it is left out or null.</summary>
    public static IEnumerable<JsonElement> ArrayOf(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var array) && array.ValueKind == JsonValueKind.Array
            ? array.EnumerateArray()
            : [];

    /// <summary>The text of a member; null where it is left out, empty or no text.</summary>
    public static string? TextOf(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty(name, out var text)
        && text.ValueKind == JsonValueKind.String
        && text.GetString() is { Length: > 0 } given
            ? given
            : null;

    public static bool IsTrue(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var flag) && flag.ValueKind == JsonValueKind.True;
}
