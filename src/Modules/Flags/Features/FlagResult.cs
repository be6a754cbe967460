using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Flags.Domain;
using FeatureFlags.Flags.Persistence;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Flags.Features;

/// <summary>A flag as the API shows it, with the version that is its ETag.</summary>
internal sealed record FlagResult(JsonElement Flag, long Version)
{
    public static FlagResult Of(Flag flag) => new(flag.Snapshot(), flag.Version);

    public IResult ToHttp(HttpContext context)
    {
        context.Response.Headers.ETag = Preconditions.Tag(Version);
        return Results.Ok(Flag);
    }
}

internal static class LiveFlags
{
    /// <summary>The flag to change, when there is one and the caller's preconditions hold.</summary>
    /// <exception cref="NotFoundException">There is none.</exception>
    /// <exception cref="PreconditionFailedException">The caller has seen another version.</exception>
    public static async Task<Flag> LiveToChange(
        this DbSet<Flag> flags,
        string key,
        Preconditions preconditions,
        CancellationToken ct
    )
    {
        if (await flags.ToChange(key, ct) is not { DeletedAt: null } flag)
            throw NotFound(key);
        preconditions.Require(flag.Version);
        return flag;
    }

    public static NotFoundException NotFound(string key) => new($"There is no flag '{key}'.");
}
