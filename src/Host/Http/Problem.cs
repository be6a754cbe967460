using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using FeatureFlags.BuildingBlocks.Http;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.WebUtilities;

namespace FeatureFlags.Host.Http;

/// <summary>An RFC 9457 problem document.</summary>
/// <param name="Type">Names the kind of problem. It never changes, so programs may compare it.</param>
/// <param name="Title">The kind in words, the same for every problem of that kind.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What was wrong with this request.</param>
/// <param name="TraceId">Finds this request in logs and traces.</param>
/// <param name="Errors">What is wrong with each field or query value, by its path.</param>
internal sealed record Problem(
    string Type,
    string Title,
    int Status,
    string Detail,
    string? TraceId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        IReadOnlyDictionary<string, string[]>? Errors = null
)
{
    public const string MediaType = "application/problem+json";

    private const int RetryAfterSeconds = 1;

    /// <summary>
    /// Answers a request with the problem of this status, in the form of its route's protocol where that has its own.
    /// </summary>
    /// <param name="detail">Null for what is known from the status alone.</param>
    public static Task Answer(
        HttpContext context,
        int status,
        string? detail = null,
        IReadOnlyDictionary<string, string[]>? errors = null
    )
    {
        var kind = ProblemKind.Of(status);
        var response = context.Response;
        response.StatusCode = status;
        if (status == StatusCodes.Status401Unauthorized && response.Headers.WWWAuthenticate.Count == 0)
            response.Headers.WWWAuthenticate = "Bearer";
        if (
            status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable
            && response.Headers.RetryAfter.Count == 0
        )
            response.Headers.RetryAfter = $"{RetryAfterSeconds}";
        response.Headers.CacheControl = "no-store";

        detail ??= kind.Detail;
        // The framework forgets the endpoint of a request that failed.
        var failure = context.Features.Get<IExceptionHandlerFeature>();
        var endpoint = failure?.Endpoint ?? context.GetEndpoint();
        byte[] body;
        if (endpoint?.Metadata.GetMetadata<IErrorBody>() is { } own)
        {
            response.ContentType = own.ContentType;
            body = own.Of(failure?.RouteValues ?? context.Request.RouteValues, failure?.Error, detail);
        }
        else
        {
            response.ContentType = MediaType;
            var trace = Activity.Current?.TraceId.ToHexString();
            body = JsonSerializer.SerializeToUtf8Bytes(
                new Problem(kind.Type, kind.Title, status, detail, trace, errors),
                ApiJson.Options
            );
        }
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}

/// <param name="Type">
/// A path, not an address: whoever runs the service gives it its host, so there is no page to point to that holds
/// everywhere. RFC 9457 lets the reference be relative and asks readers not to follow it.
/// </param>
/// <param name="Detail">What to say when nothing more is known.</param>
internal sealed record ProblemKind(int Status, string Type, string Title, string Detail)
{
    /// <summary>One kind a status: what a client does next depends on nothing finer.</summary>
    public static readonly IReadOnlyList<ProblemKind> All =
    [
        new(400, "/problems/bad-request", "Bad request", "The request is malformed."),
        new(401, "/problems/unauthenticated", "Unauthenticated", "A valid token or API key is needed."),
        new(403, "/problems/forbidden", "Forbidden", "The caller may not do this."),
        new(404, "/problems/not-found", "Not found", "There is nothing here."),
        new(405, "/problems/method-not-allowed", "Method not allowed", "This route does not take this method."),
        new(409, "/problems/conflict", "Conflict", "The state of something else forbids it."),
        new(412, "/problems/precondition-failed", "Precondition failed", "If-Match or If-None-Match does not hold."),
        new(413, "/problems/body-too-large", "Body too large", $"The body is larger than {JsonBody.MaxBytes} bytes."),
        new(415, "/problems/unsupported-media-type", "Unsupported media type", "The body is not of a type taken here."),
        new(422, "/problems/invalid-fields", "Invalid fields", "One or more fields are wrong; see errors."),
        new(429, "/problems/too-many-requests", "Too many requests", "The tenant's rate limit is reached."),
        new(500, "/problems/internal-error", "Internal error", "Something went wrong here; the trace id finds it."),
        new(503, "/problems/unavailable", "Unavailable", "The request could not be served in time; try again."),
    ];

    private static readonly Dictionary<int, ProblemKind> ByStatus = All.ToDictionary(k => k.Status);

    public static ProblemKind Of(int status) =>
        ByStatus.TryGetValue(status, out var kind)
            ? kind
            : new ProblemKind(
                status,
                "about:blank",
                ReasonPhrases.GetReasonPhrase(status),
                "The request could not be served."
            );
}
