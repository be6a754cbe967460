using System.Data.Common;
using System.Runtime.CompilerServices;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Domain;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.Saboteur;

/// <summary>Saves the change first and its messages after the commit, as an outbox outside the transaction would.</summary>
internal sealed class LateOutbox : SaveChangesInterceptor
{
    private static readonly ConditionalWeakTable<DbContext, List<object>> Pending = [];

    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(
        DbContextEventData eventData,
        InterceptionResult<int> result,
        CancellationToken cancellationToken = default
    )
    {
        var db = eventData.Context!;
        if (db.Database.CurrentTransaction is null)
            return ValueTask.FromResult(result);

        var rows = db.ChangeTracker.Entries().Where(row => row.Entity is OutboxMessage or OutboxDelivery).ToList();
        Pending.AddOrUpdate(db, [.. rows.Select(row => row.Entity)]);
        rows.ForEach(row => row.State = EntityState.Detached);
        return ValueTask.FromResult(result);
    }

    internal sealed class AfterCommit(IServiceScopeFactory scopes) : DbTransactionInterceptor
    {
        public override async Task TransactionCommittedAsync(
            DbTransaction transaction,
            TransactionEndEventData eventData,
            CancellationToken cancellationToken = default
        )
        {
            if (eventData.Context is not { } db || !Pending.TryGetValue(db, out var rows) || rows.Count == 0)
                return;
            Pending.Remove(db);
            await using var services = scopes.CreateAsyncScope();
            var first = (IScoped)rows[0];
            services
                .ServiceProvider.GetRequiredService<CallContext>()
                .Enter(new Scope(first.Tenant, first.Environment), "late");
            var late = services.ServiceProvider.GetRequiredService<AppDbContext>();
            late.AddRange(rows);
            await late.SaveChangesAsync(cancellationToken);
        }
    }
}

/// <summary>
/// Takes revisions from a sequence, without the lock on the scope: later ones become visible before earlier ones, as
/// an identity column's do, and "everything after the last I saw" is no longer everything. PostgreSQL only.
/// </summary>
internal sealed class Sequence : DbCommandInterceptor
{
    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default
    )
    {
        var update = command.CommandText.IndexOf("DO UPDATE SET revision", StringComparison.Ordinal);
        if (update > 0)
            command.CommandText = $"""
                WITH row AS ({command.CommandText[..update]} DO NOTHING) SELECT nextval('sabotage') AS "Value"
                """;
        return ValueTask.FromResult(result);
    }
}

/// <summary>Ends deliveries whoever holds their lease by now, and reports success.</summary>
internal sealed class NoFence : DbCommandInterceptor
{
    public override ValueTask<int> NonQueryExecutedAsync(
        DbCommand command,
        CommandExecutedEventData eventData,
        int result,
        CancellationToken cancellationToken = default
    )
    {
        var isEnd =
            command.CommandText.StartsWith("DELETE FROM", StringComparison.Ordinal)
            && command.CommandText.Contains("outbox_deliveries", StringComparison.Ordinal);
        return ValueTask.FromResult(isEnd ? Math.Max(result, 1) : result);
    }
}

/// <summary>
/// Asks PostgreSQL for no limits to its transactions, which would end that of a host that stands still, and with it what
/// the fence is for.
/// </summary>
internal sealed class NoLimits : DbCommandInterceptor
{
    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<int> result,
        CancellationToken cancellationToken = default
    )
    {
        if (command.CommandText.StartsWith("SET LOCAL", StringComparison.Ordinal))
            command.CommandText = "SELECT 1";
        return ValueTask.FromResult(result);
    }
}
