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
        var tag = version is null ? null : Tag(version.Value);
        if (IfMatch.Count > 0 && !Matches(IfMatch, tag))
            throw new PreconditionFailedException(
                version is null
                    ? "If-Match names a version, but there is nothing here."
                    : $"If-Match is stale: the version is {tag}."
            );
        if (Matches(IfNoneMatch, tag))
            throw new PreconditionFailedException($"If-None-Match: it exists already, at version {tag}.");
    }

    /// <summary>Whether a reader already has this version, so that 304 will do.</summary>
    public bool IsNotModified(long version) => IsNotModified(Tag(version));

    /// <summary>Whether a reader already has what has this quoted ETag.</summary>
    public bool IsNotModified(string tag) => Matches(IfNoneMatch, tag, weakly: true);

    public static string Tag(long version) => $"\"{version}\"";

    private static bool Matches(IReadOnlyList<EntityTagHeaderValue> tags, string? tag, bool weakly = false)
    {
        if (tags.Count == 0 || tag is null)
            return false;

        var mine = new EntityTagHeaderValue(tag);
        return tags.Any(other => other.Tag == "*" || other.Compare(mine, useStrongComparison: !weakly));
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
