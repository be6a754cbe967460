using System.Text.Json;
using FeatureFlags.BuildingBlocks.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.Evaluation.Ofrep;

/// <summary>
/// What every refusal of an OFREP route looks like, whoever refuses. Clients take an answer for a flag's only with both
/// <c>key</c> and <c>errorCode</c>, and for the bulk's with <c>errorCode</c>.
/// </summary>
internal sealed class OfrepErrors : IErrorBody
{
    public string ContentType => "application/json; charset=utf-8";

    public byte[] Of(RouteValueDictionary routeValues, Exception? error, string detail) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new OfrepFailure(
                FlagKeyInPath.In(routeValues),
                error is OfrepException { Code: var code } ? code : ErrorCode.General,
                detail
            ),
            ApiJson.Options
        );
}

/// <summary>The flag's key where it stands in a path.</summary>
internal static class FlagKeyInPath
{
    public const string Name = "key";

    /// <summary>
    /// All that is left of the path, so that a key with slashes, which some clients send as they are, is a flag that
    /// is not there and no path that is not there.
    /// </summary>
    public const string Template = "/{**" + Name + "}";

    /// <summary>The key that was asked for; null where the route has none.</summary>
    // The server leaves the one escape that would change the path.
    public static string? In(RouteValueDictionary values) =>
        (values[Name] as string)?.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
}
