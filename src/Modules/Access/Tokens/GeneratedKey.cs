using System.Security.Cryptography;
using FeatureFlags.Access.Persistence;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Access.Tokens;

/// <summary>The signing key that Development makes for itself. There is one row.</summary>
internal sealed class GeneratedKey
{
    public const string TheOne = "jwt";

    public required string Name { get; init; }
    public required byte[] Secret { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>
/// Where no JWT_SECRET is set, reads the generated key, and makes it at the very first start: tokens outlive a restart.
/// </summary>
internal sealed class LoadGeneratedKey(AppDbContext db, SigningKeys keys, TimeProvider clock) : IStartupStep
{
    public async Task Run(CancellationToken ct)
    {
        if (keys.AreLoaded)
            return;

        var key = await db.FindOrAdd(
            db.Set<GeneratedKey>().AsNoTracking().Where(k => k.Name == GeneratedKey.TheOne),
            () =>
                new GeneratedKey
                {
                    Name = GeneratedKey.TheOne,
                    Secret = RandomNumberGenerator.GetBytes(AccessSettings.MinSecretBytes),
                    CreatedAt = clock.Now(),
                },
            ct
        );
        keys.Load(key.Secret);
    }
}
