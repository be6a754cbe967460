using System.Text.Json;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Flags.Domain;
using FeatureFlags.Flags.Features;

namespace FeatureFlags.Flags.Integrations;

/// <summary>Five flags of a web shop, one for each way a flag is used. They name the segments of the demo tenant.</summary>
internal sealed class DemoFlags(ISender sender) : IDemoData
{
    private const string Flags = """
        [
          {
            "key": "new-checkout",
            "name": "New checkout",
            "description": "The one-page checkout: on for beta testers and staff, then a quarter of Canada.",
            "state": "on",
            "variants": [{"key": "on", "weight": 0, "value": true}, {"key": "off", "weight": 100, "value": false}],
            "rules": [
              {"id": "insiders", "order": 1, "description": "Beta testers and staff first",
               "when": {"segment": ["beta-testers", "staff"]}, "rollout": {"variant": "on"}},
              {"id": "canada", "order": 2, "description": "Then 25 % of Canada",
               "when": {"attr": {"country": "CA"}, "percentage": 25}, "rollout": {"variant": "on"}}
            ],
            "tags": ["web", "release"], "metadata": {"owner": "checkout-team"}
          },
          {
            "key": "search-ranking",
            "name": "Search ranking experiment",
            "description": "Which ranking sells more: a third each.",
            "state": "on",
            "variants": [
              {"key": "control", "weight": 1, "value": "bm25"},
              {"key": "popularity", "weight": 1, "value": "popularity"},
              {"key": "semantic", "weight": 1, "value": "semantic"}
            ],
            "tags": ["search", "experiment"], "metadata": {"owner": "search-team"}
          },
          {
            "key": "upload-limits",
            "name": "Upload limits",
            "description": "How much a customer may upload, by plan.",
            "state": "on",
            "variants": [
              {"key": "standard", "weight": 100, "value": {"max_mb": 25, "per_day": 100}},
              {"key": "large", "weight": 0, "value": {"max_mb": 500, "per_day": 10000}}
            ],
            "rules": [
              {"id": "enterprise", "order": 1, "description": "Enterprise customers with a current app",
               "when": {"segment": "enterprise", "attr": {"app.version": {"semver_gte": "4.2"}}},
               "rollout": {"variant": "large"}}
            ],
            "tags": ["limits"], "metadata": {"owner": "platform-team"}
          },
          {
            "key": "maintenance-banner",
            "name": "Maintenance banner",
            "description": "Tells users of planned maintenance. Switched on by whoever is on call.",
            "state": "off",
            "variants": [{"key": "on", "weight": 100, "value": true}, {"key": "off", "weight": 0, "value": false}],
            "tags": ["ops"], "metadata": {"owner": "on-call"}
          },
          {
            "key": "express-pay",
            "name": "Express pay",
            "description": "One-tap payment; makes sense in the new checkout only.",
            "state": "on",
            "variants": [{"key": "on", "weight": 20, "value": true}, {"key": "off", "weight": 80, "value": false}],
            "prerequisites": [{"key": "new-checkout", "variant": "on"}],
            "tags": ["web", "release"], "metadata": {"owner": "checkout-team"}
          }
        ]
        """;

    public async Task Write(CancellationToken ct)
    {
        using var flags = JsonDocument.Parse(Flags);
        foreach (var flag in flags.RootElement.EnumerateArray())
            await sender.Send(new UpsertFlag.Command(FlagDraft.Read(flag.Clone()), Preconditions.None), ct);
    }
}
