namespace FeatureFlags.Rules.Engine;

/// <summary>One member of a condition, as it was read: keys are still names.</summary>
internal abstract record Term;

/// <param name="Path">Which attribute.</param>
/// <param name="Operator">What is asked of it.</param>
/// <param name="Operand">The operand as it was written, for explanations.</param>
/// <param name="Test">What the operator made of the operand.</param>
internal sealed record AttributeTerm(AttributePath Path, Operator Operator, string Operand, Test Test) : Term;

internal sealed record SegmentTerm(string[] Keys) : Term;

internal sealed record FlagTerm(string Key, string[] Variants) : Term;

/// <param name="Percentage">0 to 100.</param>
/// <param name="By">What to bucket by; null: as the flag does, in a segment by the id.</param>
/// <param name="Salt">Null: the draw that all gates of the flag or the segment share.</param>
internal sealed record GateTerm(double Percentage, BucketBy? By, string? Salt) : Term;

internal sealed record AllTerm(Condition[] Conditions) : Term;

internal sealed record AnyTerm(Condition[] Conditions) : Term;

internal sealed record NotTerm(Condition Condition) : Term;
