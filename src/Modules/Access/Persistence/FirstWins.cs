using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Access.Persistence;

internal static class FirstWins
{
    /// <summary>
    /// The row that is there, or a new one. When several hosts add it at once the primary key lets one through, and
    /// the others take what it stored.
    /// </summary>
    public static async Task<T> FindOrAdd<T>(
        this AppDbContext db,
        IQueryable<T> found,
        Func<T> make,
        CancellationToken ct
    )
        where T : class
    {
        if (await found.SingleOrDefaultAsync(ct) is { } stored)
            return stored;

        var added = make();
        db.Add(added);
        try
        {
            await db.SaveChangesAsync(ct);
            return added;
        }
        catch (DbUpdateException)
        {
            db.ChangeTracker.Clear();
            if (await found.SingleOrDefaultAsync(ct) is { } theirs)
                return theirs;
            throw;
        }
    }
}
