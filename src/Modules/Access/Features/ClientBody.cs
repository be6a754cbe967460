using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using FeatureFlags.Access.Domain;

namespace FeatureFlags.Access.Features;

/// <summary>An API client as a caller writes it: a shape for the API's document; bodies are read by ClientDraft.</summary>
internal sealed record ClientBody
{
    [Description("For people."), MinLength(1), MaxLength(DraftRules.MaxNameLength)]
    public required string Name { get; init; }

    [Description("What its tokens may do at most; the caller has to have all of it."), MinLength(1)]
    public required IReadOnlyList<string> Scopes { get; init; }

    [Description("Where: names of tenants, or * for every one; the tenant of the request unless given.")]
    [MinLength(1), MaxLength(DraftRules.MaxTenants)]
    public IReadOnlyList<string>? Tenants { get; init; }

    [Description("Whether it gets tokens; true unless given.")]
    public bool? Active { get; init; }

    public static JsonNode Example =>
        new JsonObject
        {
            ["name"] = "Deployment pipeline",
            ["scopes"] = new JsonArray("flags:rw", "segments:r"),
            ["tenants"] = new JsonArray("acme"),
        };
}
