using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Flags.Domain;
using FeatureFlags.Rules;

namespace FeatureFlags.Flags.Features;

// Shapes for the API's document only: bodies are read by FlagDraft, answers written by Flag.Snapshot.

/// <summary>A flag as a caller writes it.</summary>
internal record FlagBody
{
    [Description($"Must be {BuildingBlocks.EntityKey.Form}. In the path of PUT and PATCH, where it may be left out.")]
    public required string Key { get; init; }

    [Description("For people; the key unless given."), MaxLength(FlagDraftValidator.MaxNameLength)]
    public string? Name { get; init; }

    [MaxLength(FlagDraftValidator.MaxDescriptionLength)]
    public string? Description { get; init; }

    [Description("Off unless given: then everyone gets off_variant."), AllowedValues("on", "off")]
    public string? State { get; init; }

    [Description("Who meets no rule is spread over these by weight."), MinLength(1), MaxLength(Limits.Variants)]
    public required IReadOnlyList<VariantShape> Variants { get; init; }

    [Description(
        "Served while the flag is off or can't be evaluated. Unless given: the variant named off, control, false or "
            + "disabled, else the first with value false, else the first."
    )]
    public string? OffVariant { get; init; }

    [Description(
        "The attribute that buckets are drawn by, or a list of which the first present counts; id unless given."
    )]
    public JsonElement? BucketBy { get; init; }

    [Description("Part of every bucket; the key unless given. Changing it reshuffles users.")]
    public string? Salt { get; init; }

    [Description(
        "How buckets are made: xxh64 unless given, and then not shown, or unleash, for flags that come from there with "
            + "their users. Changing it reshuffles users."
    )]
    [AllowedValues(HashingSchemes.Xxh64, HashingSchemes.Unleash)]
    public string? Hashing { get; init; }

    [Description("Flags that must give the same user one of these variants, or this one serves off_variant.")]
    [MaxLength(Limits.Prerequisites)]
    public IReadOnlyList<PrerequisiteShape>? Prerequisites { get; init; }

    [Description("Looked at by order; the first whose when holds decides."), MaxLength(Limits.Rules)]
    public IReadOnlyList<RuleShape>? Rules { get; init; }

    [MaxLength(FlagDraftValidator.MaxTags)]
    public IReadOnlyList<string>? Tags { get; init; }

    [Description("The owner's notes: any JSON object, kept and not looked into.")]
    public JsonElement? Metadata { get; init; }

    public static JsonNode Example =>
        JsonNode.Parse(
            """
            {
              "key": "checkout", "name": "New checkout", "description": "One page instead of three.", "state": "on",
              "variants": [
                {"key": "control", "weight": 50, "value": false},
                {"key": "treatment", "weight": 50, "value": true}
              ],
              "rules": [
                {"id": "ca", "order": 1, "description": "A quarter of Canada's beta testers",
                 "when": {"attr": {"country": "CA"}, "segment": "beta", "percentage": 25},
                 "rollout": {"variant": "treatment"}}
              ],
              "tags": ["web"], "metadata": {"owner": "web-team"}
            }
            """
        )!;
}

/// <summary>A flag as the API shows it: everything that evaluation uses, defaults included.</summary>
internal sealed record FlagView : FlagBody
{
    [Description("Rises by one with every change; the ETag.")]
    public required long Version { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    public static new JsonNode Example
    {
        get
        {
            var example = FlagBody.Example.AsObject();
            example["off_variant"] = "control";
            example["bucket_by"] = "id";
            example["salt"] = "checkout";
            example["prerequisites"] = new JsonArray();
            example["version"] = 3;
            example["created_at"] = "2026-01-31T12:00:00.000Z";
            example["updated_at"] = "2026-02-01T08:30:00.000Z";
            return example;
        }
    }
}

internal sealed record VariantShape
{
    public required string Key { get; init; }

    [Description("Its share relative to the other variants'."), Range(0, Limits.Weight)]
    public required double Weight { get; init; }

    [Description("Any JSON; one type for all variants of a flag.")]
    public JsonElement? Value { get; init; }
}

internal sealed record PrerequisiteShape
{
    public required string Key { get; init; }

    [Description("A variant or a list of variants.")]
    public required JsonElement Variant { get; init; }
}

internal sealed record RuleShape
{
    public required string Id { get; init; }
    public required int Order { get; init; }
    public string? Description { get; init; }

    [Schema(ConditionSchema.ConditionName)]
    public JsonElement? When { get; init; }

    [Description("Either a variant or a distribution.")]
    public required RolloutShape Rollout { get; init; }
}

internal sealed record RolloutShape
{
    public string? Variant { get; init; }

    [MinLength(1)]
    public IReadOnlyList<ShareShape>? Distribution { get; init; }
}

internal sealed record ShareShape
{
    public required string Variant { get; init; }

    [Range(0, Limits.Weight)]
    public required double Weight { get; init; }
}
