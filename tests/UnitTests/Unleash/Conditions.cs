using System.Text.Json.Nodes;

namespace FeatureFlags.UnitTests.Unleash;

/// <summary>Conditions of our rules language as JSON.</summary>
internal static class Conditions
{
    public static JsonObject Always() => [];

    public static JsonObject Never() => Not(Always());

    public static JsonObject Not(JsonObject condition) => new() { ["not"] = condition };

    public static JsonObject All(params IEnumerable<JsonObject> conditions) =>
        conditions.Where(condition => condition.Count > 0).ToArray() switch
        {
            [] => Always(),
            [var only] => only,
            var several => new JsonObject { ["all"] = new JsonArray([.. several]) },
        };

    public static JsonObject Attribute(string path, JsonNode matcher) =>
        new() { ["attr"] = new JsonObject { [path] = matcher } };

    public static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);
}
