using FeatureFlags.Rules;

namespace FeatureFlags.Client;

/// <summary>What a flag answers, and why.</summary>
public readonly record struct FlagDetails<T>
{
    /// <summary>The variant's value; the caller's default when there was an error, or the variant has no value.</summary>
    public required T Value { get; init; }

    /// <summary>The variant's key; null when there was an error.</summary>
    public string? Variant { get; init; }

    /// <summary>What decided.</summary>
    public required Reason Reason { get; init; }

    /// <summary>The rule that held.</summary>
    public string? RuleId { get; init; }

    /// <summary>One of <see cref="FlagErrors"/> or <see cref="EvaluationErrors"/>; null unless the reason is an error.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>The flag's version; 0 when there is no such flag.</summary>
    public long Version { get; init; }
}

/// <summary>Why a client answers with the caller's default, besides <see cref="EvaluationErrors"/>.</summary>
public static class FlagErrors
{
    /// <summary>There is no flag of that key in the client's environment.</summary>
    public const string FlagNotFound = "flag_not_found";

    /// <summary>The flag's value is of another type than was asked for.</summary>
    public const string TypeMismatch = "type_mismatch";

    /// <summary>The client has no rules yet: the service was not reached, and there is no file and no bootstrap.</summary>
    public const string NotReady = "provider_not_ready";

    /// <summary>The flag's key or the user was null.</summary>
    public const string InvalidArgument = "invalid_argument";

    /// <summary>Something went wrong that should not; the client's log says what.</summary>
    public const string General = "general";
}
