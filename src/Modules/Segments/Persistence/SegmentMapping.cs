using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Segments.Domain;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Segments.Persistence;

internal static class SegmentMapping
{
    public static void Map(ModelBuilder model)
    {
        model.Entity<Segment>(segment =>
        {
            segment.ToTable("segments_segments");
            segment.HasKey(s => new
            {
                s.Tenant,
                s.Environment,
                s.Key,
            });
            segment.HasIndex(s => new
            {
                s.Tenant,
                s.Environment,
                s.CreatedAt,
                s.Key,
            });
            segment.HasIndex(s => new
            {
                s.Tenant,
                s.Environment,
                s.UpdatedAt,
                s.Key,
            });
            segment.Ignore(s => s.Lists);
            segment
                .HasMany(s => s.References)
                .WithOne()
                .HasForeignKey(r => new
                {
                    r.Tenant,
                    r.Environment,
                    r.SegmentKey,
                });
            segment
                .HasMany<SegmentMember>()
                .WithOne()
                .HasForeignKey(m => new
                {
                    m.Tenant,
                    m.Environment,
                    m.SegmentKey,
                });
            segment
                .HasMany<SegmentRemoval>()
                .WithOne()
                .HasForeignKey(r => new
                {
                    r.Tenant,
                    r.Environment,
                    r.SegmentKey,
                });
        });
        model.Entity<SegmentMember>(member =>
        {
            member.ToTable("segments_members");
            // In id order: what pages walk, what a named id is found by, and all that evaluation reads.
            member.HasKey(m => new
            {
                m.Tenant,
                m.Environment,
                m.SegmentKey,
                m.List,
                m.Member,
            });
            // In the order they were given: the first ids of a long list without sorting it.
            member.HasIndex(m => new
            {
                m.Tenant,
                m.Environment,
                m.SegmentKey,
                m.List,
                m.Position,
            });
        });
        model.Entity<SegmentRemoval>(removal =>
        {
            removal.ToTable("segments_removals");
            removal.HasKey(r => new
            {
                r.Tenant,
                r.Environment,
                r.SegmentKey,
                r.Position,
            });
        });
        model.Entity<SegmentReference>(reference =>
        {
            reference.ToTable("segments_references");
            reference.HasKey(r => new
            {
                r.Tenant,
                r.Environment,
                r.SegmentKey,
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

    public static DbSet<Segment> Segments(this AppDbContext db) => db.Set<Segment>();

    public static DbSet<SegmentReference> References(this AppDbContext db) => db.Set<SegmentReference>();

    /// <summary>
    /// The segment with all that a change needs of it; null where there is none. A deleted one is included: its key and
    /// version go on.
    /// </summary>
    /// <param name="removing">How many single ids the change may remove from a list.</param>
    public static async Task<Segment?> ToChange(
        this AppDbContext db,
        string key,
        CancellationToken ct,
        int removing = 0
    )
    {
        var segment = await db.Segments()
            .IgnoreQueryFilters([AppDbContext.DeletedFilter])
            .Include(s => s.References)
            .AsSplitQuery()
            .SingleOrDefaultAsync(s => s.Key == key, ct);
        if (segment is not null)
            await db.ReadFirstMembers(segment, removing, ct);
        return segment;
    }
}
