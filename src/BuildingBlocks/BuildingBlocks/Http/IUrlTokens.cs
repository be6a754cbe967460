using Microsoft.AspNetCore.Http;

namespace FeatureFlags.BuildingBlocks.Http;

/// <summary>
/// Tokens that stand in an address, for clients that can send no header, such as a browser's <c>EventSource</c>. Each
/// opens one use in one scope and nothing else: it is no credential for any other endpoint.
/// </summary>
public interface IUrlTokens
{
    /// <summary>
    /// A token for the caller of a request to hand to itself. The same caller gets the same one for the same time, from
    /// whichever host. Null while the host starts and the key that signs it is not loaded yet.
    /// </summary>
    /// <param name="use">What it opens.</param>
    /// <param name="until">When it ends, unless the caller's own credential ends before.</param>
    string? Issue(HttpContext context, string use, DateTimeOffset until);

    /// <summary>
    /// Lets whoever has the token work in its scope, until it ends or the API key it was made for is revoked.
    /// </summary>
    /// <exception cref="UnauthenticatedException">It opens nothing, or nothing any more.</exception>
    /// <exception cref="UnavailableException">The host starts and can't tell yet.</exception>
    /// <exception cref="ForbiddenException">The key it was made for is not for pages of this origin.</exception>
    Task Admit(HttpContext context, string use, string? token);
}
