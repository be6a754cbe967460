using FeatureFlags.BuildingBlocks;
using Microsoft.AspNetCore.Http;

namespace FeatureFlags.Evaluation.Ofrep;

/// <summary>OpenFeature's words for what kept a flag from being evaluated.</summary>
internal static class ErrorCode
{
    public const string FlagNotFound = "FLAG_NOT_FOUND";
    public const string TargetingKeyMissing = "TARGETING_KEY_MISSING";
    public const string InvalidContext = "INVALID_CONTEXT";
    public const string ParseError = "PARSE_ERROR";
    public const string General = "GENERAL";
}

/// <summary>A request that is answered with an error of OFREP; 400 but for a flag that is not there.</summary>
/// <param name="code">One of <see cref="ErrorCode"/>.</param>
internal sealed class OfrepException(string code, string message) : CallerException(message)
{
    public string Code => code;

    public override int Status =>
        code == ErrorCode.FlagNotFound ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest;
}
