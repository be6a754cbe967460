using System.Data.Common;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;

namespace FeatureFlags.Host.Persistence;

internal sealed class SqliteAppDbContext(
    DbContextOptions<SqliteAppDbContext> options,
    IEnumerable<IModule> modules,
    CallContext call
) : AppDbContext(options, modules, call)
{
    /// <summary>Used by <c>dotnet ef</c> only.</summary>
    internal sealed class DesignTime : IDesignTimeDbContextFactory<SqliteAppDbContext>
    {
        public SqliteAppDbContext CreateDbContext(string[] args)
        {
            var options = new DbContextOptionsBuilder<SqliteAppDbContext>();
            DatabaseRegistration.Use(options, new DatabaseDsn(IsSqlite: true, "Data Source=design.db"));
            return new SqliteAppDbContext(options.Options, Modules.All, new CallContext());
        }
    }
}

/// <summary>
/// SQLite in write-ahead mode: readers never wait for the writer, and a commit is on the disk before it is answered.
/// </summary>
internal sealed class SqliteEngine : IDatabaseEngine, IDisposable
{
    // SQLite has one write lock. Queuing for it here is fair and free; queuing inside SQLite is polling.
    private readonly SemaphoreSlim _writers = new(1, 1);

    public string NowSql => "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

    public string SkipLockedSql => "";

    public string WaitLockedSql => "";

    public async Task<IWriteTransaction> BeginWrite(AppDbContext db, CancellationToken ct)
    {
        await _writers.WaitAsync(ct);
        try
        {
            var transaction = await db.Database.BeginTransactionAsync(ct);
            // Deleting a million members goes back and forth in three trees: with the usual 2 MB it takes five times
            // as long. One connection writes at a time, and a small write never fills it.
            await db.Database.ExecuteSqlRawAsync("PRAGMA cache_size = -32768", ct);
            return new Write(transaction, _writers);
        }
        catch
        {
            _writers.Release();
            throw;
        }
    }

    public async Task<IDbContextTransaction> BeginSnapshot(AppDbContext db, CancellationToken ct)
    {
        await db.Database.OpenConnectionAsync(ct);
        var connection = (SqliteConnection)db.Database.GetDbConnection();
        // Deferred: it takes no write lock, and sees one moment from its first read on.
        return (await db.Database.UseTransactionAsync(connection.BeginTransaction(deferred: true), ct))!;
    }

    public async Task Migrate(AppDbContext db, CancellationToken ct)
    {
        // EF's lock is a row that outlives a killed process. Whoever held it is dead: DataFileLock lets in one host.
        await db.Database.ExecuteSqlRawAsync("""DROP TABLE IF EXISTS "__EFMigrationsLock" """, ct);
        await db.Database.MigrateAsync(ct);
        await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL", ct);
    }

    public bool IsUnavailable(Exception error) =>
        // BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN: https://www.sqlite.org/rescode.html
        Find<SqliteException>(error) is { SqliteErrorCode: 5 or 6 or 8 or 10 or 13 or 14 };

    public void Dispose() => _writers.Dispose();

    private static T? Find<T>(Exception? error)
        where T : Exception
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is T found)
                return found;
        }
        return null;
    }

    private sealed class Write(IDbContextTransaction transaction, SemaphoreSlim gate) : IWriteTransaction
    {
        public Task Commit() => transaction.CommitAsync(CancellationToken.None);

        public async ValueTask DisposeAsync()
        {
            try
            {
                await transaction.DisposeAsync();
            }
            finally
            {
                gate.Release();
            }
        }
    }

    /// <summary>
    /// FULL syncs the log at every commit: what was acknowledged survives a power cut. The cache is the usual one again,
    /// should the pooled connection have been a writer's.
    /// </summary>
    internal sealed class SyncFully : DbConnectionInterceptor
    {
        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
        {
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA synchronous = FULL; PRAGMA cache_size = -2000";
            command.ExecuteNonQuery();
        }

        public override Task ConnectionOpenedAsync(
            DbConnection connection,
            ConnectionEndEventData eventData,
            CancellationToken cancellationToken = default
        )
        {
            ConnectionOpened(connection, eventData);
            return Task.CompletedTask;
        }
    }
}
