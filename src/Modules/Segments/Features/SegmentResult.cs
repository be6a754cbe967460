using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Segments.Domain;
using FeatureFlags.Segments.Persistence;
using Microsoft.AspNetCore.Http;

namespace FeatureFlags.Segments.Features;

/// <summary>A segment as the API shows it, with the version that is its ETag.</summary>
internal sealed record SegmentResult(JsonElement Segment, long Version)
{
    public static SegmentResult Of(Segment segment) => new(segment.Snapshot(), segment.Version);

    public IResult ToHttp(HttpContext context)
    {
        context.Response.Headers.ETag = Preconditions.Tag(Version);
        return Results.Ok(Segment);
    }
}

internal static class LiveSegments
{
    /// <summary>The segment to change, when there is one and the caller's preconditions hold.</summary>
    /// <param name="removing">How many single ids the change may remove from a list.</param>
    /// <exception cref="NotFoundException">There is none.</exception>
    /// <exception cref="PreconditionFailedException">The caller has seen another version.</exception>
    public static async Task<Segment> LiveToChange(
        this AppDbContext db,
        string key,
        Preconditions preconditions,
        CancellationToken ct,
        int removing = 0
    )
    {
        if (await db.ToChange(key, ct, removing) is not { DeletedAt: null } segment)
            throw NotFound(key);
        preconditions.Require(segment.Version);
        return segment;
    }

    public static NotFoundException NotFound(string key) => new($"There is no segment '{key}'.");
}
