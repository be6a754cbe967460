using Microsoft.EntityFrameworkCore.Storage;

namespace FeatureFlags.BuildingBlocks.Persistence;

/// <summary>What differs between SQLite and PostgreSQL. Everything else is written once, against EF.</summary>
public interface IDatabaseEngine
{
    /// <summary>The database's clock in Unix milliseconds, as an SQL expression: leases are measured by one clock.</summary>
    string NowSql { get; }

    /// <summary>Appended to a sub-select whose rows are about to be updated, so that workers pass each other by.</summary>
    string SkipLockedSql { get; }

    /// <summary>The same, but each waits for the others' rows, in the sub-select's order: so they can't wait in a circle.</summary>
    string WaitLockedSql { get; }

    /// <summary>
    /// A transaction that may write. On SQLite writers queue in the process for the one write lock; on PostgreSQL it is
    /// READ COMMITTED, so that what is read after a lock was waited for is current.
    /// </summary>
    Task<IWriteTransaction> BeginWrite(AppDbContext db, CancellationToken ct);

    /// <summary>A transaction in which all reads see one moment.</summary>
    Task<IDbContextTransaction> BeginSnapshot(AppDbContext db, CancellationToken ct);

    /// <summary>Brings the schema up to date; safe when several processes start at once.</summary>
    Task Migrate(AppDbContext db, CancellationToken ct);

    /// <summary>Whether an error says that the database is away, full or shutting down: to be tried again, not a bug.</summary>
    bool IsUnavailable(Exception error);
}

/// <summary>A write transaction; disposed without a commit it is rolled back.</summary>
public interface IWriteTransaction : IAsyncDisposable
{
    Task Commit();
}
