using System.Text.Json;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Segments.Domain;
using FeatureFlags.Segments.Features;

namespace FeatureFlags.Segments.Integrations;

/// <summary>Three segments of a web shop: by name, by attribute, and by both.</summary>
internal sealed class DemoSegments(ISender sender) : IDemoData
{
    private const string Segments = """
        [
          {
            "key": "beta-testers",
            "name": "Beta testers",
            "description": "Customers who asked to see new things first, and a few who asked not to any more.",
            "criteria": {"attr": {"plan": ["pro", "enterprise"], "beta": true}},
            "included": ["ada", "grace"],
            "excluded": ["linus"]
          },
          {
            "key": "staff",
            "name": "Staff",
            "description": "Everyone with a company address.",
            "criteria": {"attr": {"email": {"ends_with": "@acme.example", "ignore_case": true}}}
          },
          {
            "key": "enterprise",
            "name": "Enterprise customers",
            "description": "Customers with a contract and at least 50 seats.",
            "criteria": {"attr": {"plan": "enterprise", "seats": {"gte": 50}}}
          }
        ]
        """;

    public async Task Write(CancellationToken ct)
    {
        using var segments = JsonDocument.Parse(Segments);
        foreach (var segment in segments.RootElement.EnumerateArray())
            await sender.Send(new UpsertSegment.Command(SegmentDraft.Read(segment.Clone()), Preconditions.None), ct);
    }
}
