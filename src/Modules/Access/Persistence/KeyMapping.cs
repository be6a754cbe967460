using FeatureFlags.Access.Domain;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Access.Persistence;

internal static class KeyMapping
{
    public static void Map(ModelBuilder model)
    {
        model.Entity<ApiKey>(key =>
        {
            key.ToTable("access_api_keys");
            key.HasKey(k => k.Id);
            key.Property(k => k.Kind).HasConversion<string>();
            key.HasIndex(k => new
            {
                k.Tenant,
                k.Environment,
                k.Id,
            });
            key.HasMany(k => k.Hashes).WithOne().HasForeignKey(h => h.KeyId);
        });
        model.Entity<KeyHash>(hash =>
        {
            hash.ToTable("access_api_key_hashes");
            hash.HasKey(h => h.Hash);
        });
    }

    /// <summary>The keys of the caller's scope, each with its hashes.</summary>
    public static IQueryable<ApiKey> ApiKeys(this AppDbContext db) => db.Set<ApiKey>().Include(k => k.Hashes);

    /// <exception cref="NotFoundException">There is none in the caller's scope.</exception>
    public static async Task<ApiKey> Named(this IQueryable<ApiKey> keys, string id, CancellationToken ct) =>
        // An id has the form of a key. Others need no look, and PostgreSQL would not take U+0000.
        (EntityKey.IsValid(id) ? await keys.SingleOrDefaultAsync(k => k.Id == id, ct) : null)
        ?? throw new NotFoundException($"There is no API key '{id}'.");
}
