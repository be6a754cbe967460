using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Rules;
using FeatureFlags.Segments.Domain;

namespace FeatureFlags.Segments.Features;

// Shapes for the API's document only: bodies are read by SegmentDraft, answers written by Segment.Snapshot.

/// <summary>A segment as a caller writes it.</summary>
internal record SegmentBody
{
    [Description($"Must be {EntityKey.Form}. In the path of PUT and PATCH, where it may be left out.")]
    public required string Key { get; init; }

    [Description("For people; the key unless given."), MaxLength(SegmentDraftValidator.MaxNameLength)]
    public string? Name { get; init; }

    [MaxLength(SegmentDraftValidator.MaxDescriptionLength)]
    public string? Description { get; init; }

    [Description("Who is a member, unless a list says otherwise; without it only who is included.")]
    [Schema(ConditionSchema.ConditionName)]
    public JsonElement? Criteria { get; init; }

    [Description("Members whatever the criteria say."), MaxLength(MemberList.MaxShown)]
    public IReadOnlyList<string>? Included { get; init; }

    [Description("No members, even where included."), MaxLength(MemberList.MaxShown)]
    public IReadOnlyList<string>? Excluded { get; init; }

    public static JsonNode Example =>
        JsonNode.Parse(
            """
            {
              "key": "beta", "name": "Beta testers", "description": "Who asked to see new things first.",
              "criteria": {"attr": {"plan": ["pro", "enterprise"], "beta": true}},
              "included": ["ada", "grace"], "excluded": ["linus"]
            }
            """
        )!;
}

/// <summary>A segment as the API shows it.</summary>
internal sealed record SegmentView : SegmentBody
{
    [Description("In place of the lists where one of them is longer than a body may be.")]
    public int? IncludedCount { get; init; }

    [Description("In place of the lists where one of them is longer than a body may be.")]
    public int? ExcludedCount { get; init; }

    [Description("Rises by one with every change; the ETag.")]
    public required long Version { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    public static new JsonNode Example
    {
        get
        {
            var example = SegmentBody.Example.AsObject();
            example["version"] = 3;
            example["created_at"] = "2026-01-31T12:00:00.000Z";
            example["updated_at"] = "2026-02-01T08:30:00.000Z";
            return example;
        }
    }
}

internal sealed record MembersBody
{
    [AllowedValues("included", "excluded")]
    public required string List { get; init; }

    [Description("Ids to add; those that are there already change nothing."), MaxLength(MembersEdit.MaxIds)]
    public IReadOnlyList<string>? Add { get; init; }

    [Description("Ids to remove; those that are not there change nothing."), MaxLength(MembersEdit.MaxIds)]
    public IReadOnlyList<string>? Remove { get; init; }

    public static JsonNode Example =>
        JsonNode.Parse("""{"list": "included", "add": ["ada", "grace"], "remove": ["linus"]}""")!;
}
