using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FeatureFlags.Access.Http;

internal static class Protection
{
    /// <summary>
    /// Whether the request reached an endpoint that is not explicitly anonymous. What is no route endpoint is routing's
    /// own answer (there is no such path, or it has no such method): nothing to protect.
    /// </summary>
    public static bool IsProtected(this HttpContext context) =>
        context.GetEndpoint() is RouteEndpoint endpoint && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null;
}
