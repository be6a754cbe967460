using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Messaging;
using FluentValidation;

namespace FeatureFlags.Segments.Domain;

/// <summary>What must hold of a segment before anything is looked up. Limits are listed in docs/rules.md.</summary>
internal sealed class SegmentDraftValidator : AbstractValidator<SegmentDraft>
{
    public static readonly SegmentDraftValidator Instance = new();

    public const int MaxNameLength = 200;
    public const int MaxDescriptionLength = 2_000;

    public SegmentDraftValidator()
    {
        RuleFor(d => d.Problems.Items).MustBeReadable();
        RuleFor(d => d.Key)
            .Must(EntityKey.IsValid)
            .WithMessage($"must be {EntityKey.Form}")
            .Unless(d => d.Problems.At("key") || d.Problems.At(""))
            .OverridePropertyName("key");
        RuleFor(d => d.Name.Length)
            .LessThanOrEqualTo(MaxNameLength)
            .WithMessage($"must be at most {MaxNameLength} characters")
            .OverridePropertyName("name");
        RuleFor(d => d.Description.Length)
            .LessThanOrEqualTo(MaxDescriptionLength)
            .WithMessage($"must be at most {MaxDescriptionLength} characters")
            .OverridePropertyName("description");
    }
}
