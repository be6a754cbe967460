using System.Data.Common;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace FeatureFlags.Saboteur;

/// <summary>Where in its work the host is struck.</summary>
internal enum Moment
{
    /// <summary>A change and its messages are written, but not committed.</summary>
    BeforeCommit,

    /// <summary>They are committed; nobody was told.</summary>
    AfterCommit,

    /// <summary>Deliveries are claimed, and committed as such; no work has begun.</summary>
    AfterClaim,

    /// <summary>The audit's work is done; the deliveries' end has not begun to be saved.</summary>
    BeforeEnd,

    /// <summary>The work and the deliveries' end are written, but not committed.</summary>
    BeforeEndCommit,

    /// <summary>They are committed.</summary>
    AfterEndCommit,

    /// <summary>A webhook has answered; that is written, but not committed.</summary>
    BeforeMarkCommit,

    /// <summary>It is committed.</summary>
    AfterMarkCommit,
}

/// <summary>Kills or stops its own process at one moment, told by what is said to the database.</summary>
internal static class Strike
{
    private static readonly ConditionalWeakTable<DbTransaction, StrongBox<Work>> Transactions = [];

    public static Moment At { get; set; }

    public static string Signal { get; set; } = "kill";

    public static int Countdown { get; set; }

    private enum Work
    {
        Other,
        Write,
        Claim,
        End,
        Mark,
    }

    private static void Here(Moment moment)
    {
        if (moment != At || --Countdown != 0)
            return;
        if (Signal == "kill")
            Process.GetCurrentProcess().Kill();
        else
            _ = Send(Environment.ProcessId, OperatingSystem.IsMacOS() ? 17 : 19);
    }

    private static Work WorkOf(DbCommand command) =>
        WorkOf(command.CommandText) switch
        {
            // Of the audit alone, whose effect the checker looks for; who ends first of several subscribers is chance.
            Work.End when !command.Parameters.Cast<DbParameter>().Any(p => p.Value is "audit") => Work.Other,
            var work => work,
        };

    private static Work WorkOf(string sql) =>
        sql.Contains("INSERT INTO", StringComparison.Ordinal)
        && sql.Contains("outbox_messages", StringComparison.Ordinal)
            ? Work.Write
        : sql.Contains("INSERT INTO", StringComparison.Ordinal)
        && sql.Contains("changefeed_attempts", StringComparison.Ordinal)
            ? Work.Mark
        : sql.Contains("AS MATERIALIZED", StringComparison.Ordinal) ? Work.Claim
        : sql.StartsWith("DELETE FROM", StringComparison.Ordinal)
        && sql.Contains("outbox_deliveries", StringComparison.Ordinal)
            ? Work.End
        : Work.Other;

    private static void See(DbCommand command)
    {
        var work = WorkOf(command);
        if (work == Work.Other || command.Transaction is not { } transaction)
            return;
        if (work == Work.End)
            Here(Moment.BeforeEnd);
        Transactions.GetOrCreateValue(transaction).Value = work;
    }

    private static Work WorkOf(DbTransaction transaction) =>
        Transactions.TryGetValue(transaction, out var work) ? work.Value : Work.Other;

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Send(int process, int signal);

    internal sealed class AtCommands : DbCommandInterceptor
    {
        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command,
            CommandEventData eventData,
            InterceptionResult<DbDataReader> result,
            CancellationToken cancellationToken = default
        )
        {
            See(command);
            return ValueTask.FromResult(result);
        }

        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
            DbCommand command,
            CommandEventData eventData,
            InterceptionResult<int> result,
            CancellationToken cancellationToken = default
        )
        {
            See(command);
            return ValueTask.FromResult(result);
        }
    }

    internal sealed class AtCommits : DbTransactionInterceptor
    {
        public override ValueTask<InterceptionResult> TransactionCommittingAsync(
            DbTransaction transaction,
            TransactionEventData eventData,
            InterceptionResult result,
            CancellationToken cancellationToken = default
        )
        {
            switch (WorkOf(transaction))
            {
                case Work.Write:
                    Here(Moment.BeforeCommit);
                    break;
                case Work.End:
                    Here(Moment.BeforeEndCommit);
                    break;
                case Work.Mark:
                    Here(Moment.BeforeMarkCommit);
                    break;
            }
            return ValueTask.FromResult(result);
        }

        public override Task TransactionCommittedAsync(
            DbTransaction transaction,
            TransactionEndEventData eventData,
            CancellationToken cancellationToken = default
        )
        {
            switch (WorkOf(transaction))
            {
                case Work.Write:
                    Here(Moment.AfterCommit);
                    break;
                case Work.Claim:
                    Here(Moment.AfterClaim);
                    break;
                case Work.End:
                    Here(Moment.AfterEndCommit);
                    break;
                case Work.Mark:
                    Here(Moment.AfterMarkCommit);
                    break;
            }
            return Task.CompletedTask;
        }
    }
}
