using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Rules;

namespace FeatureFlags.Evaluation.Features;

// Shapes for the API's document only: SyncJson writes them.

internal sealed record SdkRules
{
    [Description(
        "Raised with every change that a client of before would misread: one that it does not know is refused."
    )]
    public required int Format { get; init; }

    public required string Tenant { get; init; }
    public required string Environment { get; init; }

    [Description("0 where nothing was ever written.")]
    public required long Revision { get; init; }

    [Description("The event that made the revision.")]
    public required string EventId { get; init; }

    public required IReadOnlyList<SdkFlag> Flags { get; init; }
    public required IReadOnlyList<SdkSegment> Segments { get; init; }

    public static JsonNode Example =>
        JsonNode.Parse(
            """
            {
              "format": 1, "tenant": "acme", "environment": "production",
              "revision": 42, "event_id": "01JAB3ZK7MQ8V5T2N4X6C9D1EF",
              "flags": [
                {"key": "checkout", "name": "New checkout", "description": "", "state": "on",
                 "variants": [{"key": "off", "weight": 1, "value": false}, {"key": "on", "weight": 1, "value": true}],
                 "off_variant": "off", "bucket_by": "id", "salt": "checkout", "prerequisites": [],
                 "rules": [{"id": "beta", "order": 1, "when": {"segment": "beta"}, "rollout": {"variant": "on"}}],
                 "tags": ["web"], "metadata": {"owner": "web-team"}, "version": 3}
              ],
              "segments": [
                {"key": "beta", "version": 2, "criteria": {"attr": {"plan": "pro"}}, "included": ["ada"], "excluded": []}
              ]
            }
            """
        )!;
}

[Description("A flag with all that evaluation uses, as GET /v1/flags/{key} shows it but for its times.")]
internal sealed record SdkFlag
{
    public required string Key { get; init; }
    public required long Version { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Members { get; init; }
}

internal sealed record SdkSegment
{
    public required string Key { get; init; }
    public required long Version { get; init; }

    [Schema(ConditionSchema.ConditionName)]
    public JsonElement? Criteria { get; init; }

    [Description("All ids, in no particular order.")]
    public required IReadOnlyList<string> Included { get; init; }

    [Description("All ids, in no particular order.")]
    public required IReadOnlyList<string> Excluded { get; init; }
}
