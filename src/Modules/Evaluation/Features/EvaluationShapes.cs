using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FeatureFlags.Evaluation.Features;

// Shapes for the API's document only: bodies are read by hand.

internal sealed record UserShape
{
    [Description("The targeting key.")]
    public required string Id { get; init; }

    [Description("Whatever rules look at; text, numbers, booleans, lists and nested objects.")]
    public Dictionary<string, JsonElement>? Attributes { get; init; }
}

internal sealed record EvaluateFlagBody
{
    public required string FlagKey { get; init; }
    public required UserShape User { get; init; }

    public static JsonNode Example =>
        JsonNode.Parse("""{"flag_key": "checkout", "user": {"id": "ada", "attributes": {"country": "CA"}}}""")!;
}

internal sealed record EvaluateBatchBody
{
    public required UserShape User { get; init; }

    [Description("Which flags, in this order; all in key order unless given.")]
    [MaxLength(EvaluateBatch.MaxFlagKeys)]
    public IReadOnlyList<string>? FlagKeys { get; init; }

    [Description("Of these only flags that carry any of these tags."), MaxLength(EvaluateBatch.MaxTags)]
    public IReadOnlyList<string>? Tags { get; init; }

    public static JsonNode Example =>
        JsonNode.Parse(
            """{"user": {"id": "ada", "attributes": {"country": "CA"}}, "flag_keys": ["checkout"], "tags": ["web"]}"""
        )!;
}

internal sealed record PreviewFlagBody
{
    public required string FlagKey { get; init; }
    public required UserShape User { get; init; }

    [Description("A definition to try instead of the stored one, as a flag is written; nothing is stored.")]
    public JsonElement? Flag { get; init; }

    public static JsonNode Example =>
        JsonNode.Parse(
            """
            {
              "flag_key": "checkout",
              "user": {"id": "ada", "attributes": {"country": "CA"}},
              "flag": {
                "state": "on",
                "variants": [{"key": "control", "weight": 1}, {"key": "treatment", "weight": 1}],
                "rules": [{"id": "ca", "order": 1, "when": {"attr": {"country": "CA"}}, "rollout": {"variant": "treatment"}}]
              }
            }
            """
        )!;

    public static JsonNode ResponseExample =>
        JsonNode.Parse(
            """
            {
              "flag_key": "checkout", "variant": "treatment", "value": "treatment", "reason": "rule_match", "rule_id": "ca",
              "details": {"bucket": 0.8123}, "version": null, "revision": 42,
              "explanation": {
                "flag_key": "checkout", "version": 0, "state": "on", "variant": "treatment", "value": "treatment",
                "reason": "rule_match", "rule_id": "ca", "error": null, "summary": "Rule 'ca' holds: treatment.",
                "bucket_by": ["id"], "bucket_key": "ada", "bucket": 0.8123, "gate_bucket": null, "prerequisites": [],
                "rules": [
                  {
                    "id": "ca", "order": 1, "description": null, "holds": true,
                    "conditions": [
                      {
                        "condition": "attr", "holds": true, "why": "country is CA", "attribute": "country",
                        "operator": "eq", "operand": "CA", "actual": "CA"
                      }
                    ],
                    "rollout": {
                      "variant": "treatment", "bucket": null,
                      "ranges": [{"variant": "treatment", "from": 0, "to": 1}]
                    }
                  }
                ],
                "default": {
                  "variant": "treatment", "bucket": 0.8123,
                  "ranges": [
                    {"variant": "control", "from": 0, "to": 0.5},
                    {"variant": "treatment", "from": 0.5, "to": 1}
                  ]
                }
              }
            }
            """
        )!;
}
