using System.Text.Json.Nodes;

namespace FeatureFlags.Rules;

/// <summary>
/// The language of conditions as JSON Schema (2020-12), for API documents and editors; operators come from
/// <see cref="Operators"/>. Sound but not complete: reading a condition checks more than a schema can say.
/// </summary>
public static class ConditionSchema
{
    /// <summary>What <see cref="Condition"/> is called where other schemas refer to it.</summary>
    public const string ConditionName = "Condition";

    /// <summary>What <see cref="Matcher()"/> is called where other schemas refer to it.</summary>
    public const string MatcherName = "Matcher";

    private const string Folder = "#/components/schemas/";

    /// <summary>A condition: a rule's <c>when</c>, a segment's <c>criteria</c>.</summary>
    public static JsonNode Condition() =>
        JsonNode.Parse(
            $$"""
            {
              "type": "object",
              "description": "Holds when each of its members does; {} always holds.",
              "properties": {
                "attr": {
                  "type": "object",
                  "description": "Attributes by path (id, a name, or dotted into nested ones); each must match.",
                  "additionalProperties": { "$ref": "{{Folder}}{{MatcherName}}" }
                },
                "segment": {
                  "type": ["string", "array"], "minItems": 1, "items": { "type": "string" },
                  "description": "Member of the segment, or of any of the list."
                },
                "flag": {
                  "type": "object",
                  "description": "That flag gives the same user this variant, or any of the list.",
                  "properties": {
                    "key": { "type": "string" },
                    "variant": { "type": ["string", "array"], "minItems": 1, "items": { "type": "string" } }
                  },
                  "required": ["key", "variant"],
                  "additionalProperties": false
                },
                "percentage": {
                  "type": "number", "minimum": 0, "maximum": 100,
                  "description": "Holds for this share of users, the same ones while it grows."
                },
                "by": {
                  "type": ["string", "array"], "minItems": 1, "items": { "type": "string" },
                  "description": "The attribute the percentage buckets by, or a list of which the first present counts."
                },
                "salt": { "type": "string", "description": "Gives the percentage a draw of its own." },
                "all": { "type": "array", "minItems": 1, "items": { "$ref": "{{Folder}}{{ConditionName}}" } },
                "any": { "type": "array", "minItems": 1, "items": { "$ref": "{{Folder}}{{ConditionName}}" } },
                "not": { "$ref": "{{Folder}}{{ConditionName}}" }
              },
              "additionalProperties": false
            }
            """
        )!;

    /// <summary>What an attribute is compared with.</summary>
    public static JsonNode Matcher()
    {
        var operators = new JsonObject();
        foreach (var known in Operators.All)
        {
            var operand = JsonNode.Parse(known.Operand.Schema)!.AsObject();
            operand["description"] = $"Holds when the attribute {known.Doc}. Operand: {known.Operand.Doc}.";
            operators[known.Name] = operand;
        }
        operators["ignore_case"] = JsonNode.Parse(
            """{"type": "boolean", "description": "Texts are compared without case."}"""
        );
        operators["numeric"] = JsonNode.Parse(
            """{"type": "boolean", "description": "Text that is a plain decimal number counts as one."}"""
        );

        return new JsonObject
        {
            ["description"] = "A scalar: equals. A list: equals any of it. An object: every operator must hold.",
            ["oneOf"] = new JsonArray(
                JsonNode.Parse("""{"type": ["string", "number", "boolean"]}"""),
                JsonNode.Parse(
                    """{"type": "array", "minItems": 1, "items": {"type": ["string", "number", "boolean"]}}"""
                ),
                new JsonObject
                {
                    ["type"] = "object",
                    ["minProperties"] = 1,
                    ["properties"] = operators,
                    ["additionalProperties"] = false,
                }
            ),
        };
    }
}
