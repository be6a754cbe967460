using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FeatureFlags.BuildingBlocks.Http;

/// <summary>
/// If-Match and If-None-Match of RFC 9110 over an entity's version, which is its strong ETag: <c>"3"</c>.
/// </summary>
public sealed record Preconditions(
    IReadOnlyList<EntityTagHeaderValue> IfMatch,
    IReadOnlyList<EntityTagHeaderValue> IfNoneMatch
)
{
    public static Preconditions None { get; } = new([], []);

    /// <summary>Called by the framework to bind a handler's parameter.</summary>
    public static ValueTask<Preconditions> BindAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        return ValueTask.FromResult(
            new Preconditions(
                Parse(HeaderNames.IfMatch, headers.IfMatch),
                Parse(HeaderNames.IfNoneMatch, headers.IfNoneMatch)
            )
        );
    }

    /// <summary>Checks them for a write.</summary>
    /// <param name="version">The entity's version, or null where there is none.</param>
    /// <exception cref="PreconditionFailedException">One of them does not hold.</exception>
    public void Require(long? version)
    {
        if (IfMatch.Count > 0 && !Matches(IfMatch, version))
            throw new PreconditionFailedException(
                version is null
                    ? "If-Match names a version, but there is nothing here."
                    : $"If-Match is stale: the version is {Tag(version.Value)}."
            );
        if (IfNoneMatch.Count > 0 && Matches(IfNoneMatch, version))
            throw new PreconditionFailedException(
                $"If-None-Match: it exists already, at version {Tag(version!.Value)}."
            );
    }

    /// <summary>Whether a reader already has this version, so that 304 will do.</summary>
    public bool IsNotModified(long version) => IfNoneMatch.Count > 0 && Matches(IfNoneMatch, version, weakly: true);

    public static string Tag(long version) => $"\"{version}\"";

    private static bool Matches(IReadOnlyList<EntityTagHeaderValue> tags, long? version, bool weakly = false)
    {
        if (version is null)
            return false;

        var mine = new EntityTagHeaderValue(Tag(version.Value));
        return tags.Any(tag => tag.Tag == "*" || tag.Compare(mine, useStrongComparison: !weakly));
    }

    private static IReadOnlyList<EntityTagHeaderValue> Parse(
        string name,
        Microsoft.Extensions.Primitives.StringValues header
    )
    {
        if (header.Count == 0)
            return [];
        if (EntityTagHeaderValue.TryParseStrictList(header, out var tags) && tags.Count > 0)
            return [.. tags];
        throw new BadRequestException($"""{name} must be '*' or a list of quoted ETags such as "3".""");
    }
}
