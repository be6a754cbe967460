using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.AspNetCore.Diagnostics;

namespace FeatureFlags.Host.Http;

/// <summary>The process' edge for errors: each becomes a problem document, and none shows what is inside.</summary>
internal sealed class ProblemHandler(IDatabaseEngine engine, DatabaseStatus database) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(
        HttpContext httpContext,
        Exception exception,
        CancellationToken cancellationToken
    )
    {
        if (exception is UnauthenticatedException { Challenge: var challenge })
            httpContext.Response.Headers.WWWAuthenticate = challenge;
        var answer = exception switch
        {
            CallerException e => Problem.Answer(httpContext, e.Status, e.Message, e.Errors),
            // Kestrel's own refusals, e.g. of a chunked body over the limit.
            BadHttpRequestException e => Problem.Answer(httpContext, e.StatusCode, e.Message),
            // Until the migrations are through, tables may be missing.
            _ when engine.IsUnavailable(exception) || !database.IsReady => Problem.Answer(
                httpContext,
                503,
                "The database is away for now."
            ),
            _ => Problem.Answer(httpContext, 500),
        };
        await answer;
        return true;
    }
}
