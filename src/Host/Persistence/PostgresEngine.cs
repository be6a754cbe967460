using System.Data;
using System.Net.Sockets;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace FeatureFlags.Host.Persistence;

internal sealed class PostgresAppDbContext(
    DbContextOptions<PostgresAppDbContext> options,
    IEnumerable<IModule> modules,
    CallContext call
) : AppDbContext(options, modules, call)
{
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        // Bytewise like SQLite: keys sort and page the same on both engines, whatever the database's locale.
        configurationBuilder.Properties<string>().UseCollation("C");
    }

    /// <summary>Used by <c>dotnet ef</c> only.</summary>
    internal sealed class DesignTime : IDesignTimeDbContextFactory<PostgresAppDbContext>
    {
        public PostgresAppDbContext CreateDbContext(string[] args)
        {
            var options = new DbContextOptionsBuilder<PostgresAppDbContext>();
            DatabaseRegistration.Use(options, new DatabaseDsn(IsSqlite: false, "Host=localhost"));
            return new PostgresAppDbContext(options.Options, Modules.All, new CallContext());
        }
    }
}

internal sealed class PostgresEngine : IDatabaseEngine
{
    // Any number that no other program on the database uses for its advisory locks: "featflag" in ASCII.
    private const long MigrationLock = 0x66656174666C6167;

    private static readonly TimeSpan MigrationLimit = TimeSpan.FromHours(1);

    public string NowSql => "(extract(epoch from clock_timestamp()) * 1000)::bigint";

    public string SkipLockedSql => "FOR UPDATE SKIP LOCKED";

    public string WaitLockedSql => "FOR UPDATE";

    public async Task<IWriteTransaction> BeginWrite(AppDbContext db, CancellationToken ct)
    {
        var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.ReadCommitted, ct);
        // A host that is halted or cut off with the scope's lock in hand, or in line for it, would keep every other from
        // writing to it until it is back, or for hours. Set here, not for the connection: poolers refuse settings they
        // don't know.
        await db.Database.ExecuteSqlRawAsync(
            "SET LOCAL lock_timeout = '5s'; SET LOCAL idle_in_transaction_session_timeout = '10s'",
            ct
        );
        return new Write(transaction);
    }

    public Task<IDbContextTransaction> BeginSnapshot(AppDbContext db, CancellationToken ct) =>
        db.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);

    /// <summary>
    /// Hosts that start together take turns: the first migrates, the others find nothing left to do.
    /// </summary>
    public async Task Migrate(AppDbContext db, CancellationToken ct)
    {
        await EnsureCreated(db, ct);
        // Building an index takes as long as it takes.
        db.Database.SetCommandTimeout(MigrationLimit);
        await db.Database.OpenConnectionAsync(ct);
        try
        {
            await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_lock({MigrationLock})", ct);
            await db.Database.MigrateAsync(ct);
            await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_unlock({MigrationLock})", ct);
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }
    }

    public bool IsUnavailable(Exception error)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            var away = cause switch
            {
                // Shutting down, out of connections or disk, not ready yet: https://www.postgresql.org/docs/15/errcodes-appendix.html
                PostgresException sql => sql.IsTransient || sql.SqlState[..2] is "57" or "53" or "58",
                NpgsqlException or SocketException or TimeoutException => true,
                _ => false,
            };
            if (away)
                return true;
        }
        return false;
    }

    private static async Task EnsureCreated(AppDbContext db, CancellationToken ct)
    {
        var creator = db.Database.GetService<IRelationalDatabaseCreator>();
        try
        {
            if (!await creator.ExistsAsync(ct))
                await creator.CreateAsync(ct);
        }
        catch (PostgresException error)
            when (error.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Another host was faster.
        }
    }

    private sealed class Write(IDbContextTransaction transaction) : IWriteTransaction
    {
        public Task Commit() => transaction.CommitAsync(CancellationToken.None);

        public ValueTask DisposeAsync() => transaction.DisposeAsync();
    }
}
