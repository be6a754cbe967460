using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.BuildingBlocks.Http;

/// <summary>
/// Metadata of routes that speak a protocol with errors of its own form: they are answered with that in place of a
/// problem document, whichever part of the service refuses. Status and headers stay the same.
/// </summary>
public interface IErrorBody
{
    string ContentType { get; }

    /// <param name="routeValues">The request's.</param>
    /// <param name="error">What was thrown; null where a part of the service answered by status alone.</param>
    /// <param name="detail">What to tell the caller.</param>
    byte[] Of(RouteValueDictionary routeValues, Exception? error, string detail);
}
