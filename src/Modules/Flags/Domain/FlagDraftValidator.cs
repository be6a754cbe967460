using System.Text;
using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Messaging;
using FluentValidation;

namespace FeatureFlags.Flags.Domain;

/// <summary>What must hold of a flag before anything is looked up. Limits are listed in docs/rules.md.</summary>
internal sealed class FlagDraftValidator : AbstractValidator<FlagDraft>
{
    public static readonly FlagDraftValidator Instance = new();

    public const int MaxNameLength = 200;
    public const int MaxDescriptionLength = 2_000;
    public const int MaxTags = 50;
    public const int MaxTagLength = 64;
    public const int MaxMetadataBytes = 16 * 1024;

    public FlagDraftValidator()
    {
        RuleFor(d => d.Problems.Items).MustBeReadable();
        RuleFor(d => d.Key)
            .Must(EntityKey.IsValid)
            .WithMessage($"must be {EntityKey.Form}")
            .OverridePropertyName("key")
            .Unless(d => d.Problems.At("key") || d.Problems.At(""));
        RuleFor(d => d.Name.Length)
            .LessThanOrEqualTo(MaxNameLength)
            .WithMessage($"must be at most {MaxNameLength} characters")
            .OverridePropertyName("name");
        RuleFor(d => d.Description.Length)
            .LessThanOrEqualTo(MaxDescriptionLength)
            .WithMessage($"must be at most {MaxDescriptionLength} characters")
            .OverridePropertyName("description");
        RuleFor(d => d.Tags.Count)
            .LessThanOrEqualTo(MaxTags)
            .WithMessage($"must be at most {MaxTags}")
            .OverridePropertyName("tags");
        RuleForEach(d => d.Tags)
            .Must(tag => tag.Length is > 0 and <= MaxTagLength)
            .WithMessage($"must be 1 to {MaxTagLength} characters")
            .OverridePropertyName("tags")
            .Unless(d => d.Problems.AtArray("tags"));
        RuleFor(d => d.Tags)
            .Must(tags => tags.Distinct(StringComparer.Ordinal).Count() == tags.Count)
            .WithMessage("must differ from each other")
            .OverridePropertyName("tags");
        RuleFor(d => d.Metadata)
            .Must(metadata => metadata.ValueKind == JsonValueKind.Object)
            .WithMessage("must be an object")
            .Must(metadata => Encoding.UTF8.GetByteCount(metadata.GetRawText()) <= MaxMetadataBytes)
            .WithMessage($"must be at most {MaxMetadataBytes} bytes")
            .OverridePropertyName("metadata")
            .Unless(d => d.Metadata.ValueKind == JsonValueKind.Undefined);
    }
}
