using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Flags.Domain;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Flags.Persistence;

internal static class FlagMapping
{
    public static void Map(ModelBuilder model)
    {
        model.Entity<Flag>(flag =>
        {
            flag.ToTable("flags_flags");
            flag.HasKey(f => new
            {
                f.Tenant,
                f.Environment,
                f.Key,
            });
            flag.HasIndex(f => new
            {
                f.Tenant,
                f.Environment,
                f.CreatedAt,
                f.Key,
            });
            flag.HasIndex(f => new
            {
                f.Tenant,
                f.Environment,
                f.UpdatedAt,
                f.Key,
            });
            flag.HasMany(f => f.Tags)
                .WithOne()
                .HasForeignKey(t => new
                {
                    t.Tenant,
                    t.Environment,
                    t.FlagKey,
                });
            flag.HasMany(f => f.References)
                .WithOne()
                .HasForeignKey(r => new
                {
                    r.Tenant,
                    r.Environment,
                    r.FlagKey,
                });
        });
        model.Entity<FlagTag>(tag =>
        {
            tag.ToTable("flags_tags");
            tag.HasKey(t => new
            {
                t.Tenant,
                t.Environment,
                t.FlagKey,
                t.Tag,
            });
            tag.HasIndex(t => new
            {
                t.Tenant,
                t.Environment,
                t.Tag,
                t.FlagKey,
            });
        });
        model.Entity<FlagReference>(reference =>
        {
            reference.ToTable("flags_references");
            reference.HasKey(r => new
            {
                r.Tenant,
                r.Environment,
                r.FlagKey,
                r.Kind,
                r.TargetKey,
                r.Variant,
            });
            reference.HasIndex(r => new
            {
                r.Tenant,
                r.Environment,
                r.Kind,
                r.TargetKey,
            });
        });
    }

    public static DbSet<Flag> Flags(this AppDbContext db) => db.Set<Flag>();

    public static DbSet<FlagReference> References(this AppDbContext db) => db.Set<FlagReference>();

    /// <summary>The flag with all its rows, to be changed; null where there is none, a deleted one included on request.</summary>
    public static Task<Flag?> ToChange(this DbSet<Flag> flags, string key, CancellationToken ct) =>
        flags
            .IgnoreQueryFilters([AppDbContext.DeletedFilter])
            .Include(f => f.Tags)
            .Include(f => f.References)
            .AsSplitQuery()
            .SingleOrDefaultAsync(f => f.Key == key, ct);
}
