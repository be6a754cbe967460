namespace FeatureFlags.Host.Http;

/// <summary>
/// The request's id: the caller's <c>X-Request-ID</c> where it is fit for logs, else a new one. It is answered with,
/// logged, and kept with what the request changes.
/// </summary>
internal static class RequestId
{
    public const string Header = "X-Request-ID";

    private const int MaxLength = 128;

    public static void UseRequestId(this IApplicationBuilder app) =>
        app.Use(
            (context, next) =>
            {
                context.TraceIdentifier = context.Request.Headers[Header] is [{ } sent] && IsFit(sent) ? sent : New();
                // Not at once: an error clears the headers that were set before it.
                context.Response.OnStarting(Echo, context);
                return next(context);
            }
        );

    internal static bool IsFit(string id) =>
        id.Length is > 0 and <= MaxLength && !id.AsSpan().ContainsAnyExceptInRange('!', '~');

    // Unique, not secret: the system's generator of secrets costs a call into the kernel each time.
    private static string New()
    {
        Span<byte> id = stackalloc byte[16];
        Random.Shared.NextBytes(id);
        return Convert.ToHexStringLower(id);
    }

    private static Task Echo(object state)
    {
        var context = (HttpContext)state;
        context.Response.Headers[Header] = context.TraceIdentifier;
        return Task.CompletedTask;
    }
}
