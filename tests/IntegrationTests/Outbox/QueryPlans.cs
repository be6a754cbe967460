using System.Data.Common;
using System.Text;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace FeatureFlags.IntegrationTests.Outbox;

/// <summary>
/// Asks the database how it goes about each statement that touches a table of interest, and keeps its answers.
/// PostgreSQL is told to avoid whole tables and sorting, which on a short table it prefers: it does so only where no
/// index serves.
/// </summary>
internal sealed class QueryPlans(bool sqlite) : DbCommandInterceptor
{
    private readonly List<string> _plans = [];

    public string? Table { get; set; }

    public IReadOnlyList<string> Taken => _plans;

    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default
    )
    {
        await Explain(command);
        return result;
    }

    public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<int> result,
        CancellationToken cancellationToken = default
    )
    {
        await Explain(command);
        return result;
    }

    private async Task Explain(DbCommand command)
    {
        if (Table is null || !command.CommandText.Contains(Table, StringComparison.Ordinal))
            return;

        var statement = command.CommandText;
        var plan = new StringBuilder().AppendLine(statement);
        try
        {
            if (!sqlite)
                await Run(command, "SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off");
            command.CommandText = sqlite ? $"EXPLAIN QUERY PLAN {statement}" : $"EXPLAIN {statement}";
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                plan.AppendLine(reader.GetValue(reader.FieldCount - 1).ToString());
        }
        finally
        {
            command.CommandText = statement;
        }
        if (!sqlite)
            await Run(command, "RESET ALL");
        lock (_plans)
            _plans.Add(plan.ToString());
    }

    private static async Task Run(DbCommand beside, string statement)
    {
        await using var command = beside.Connection!.CreateCommand();
        command.Transaction = beside.Transaction;
        command.CommandText = statement;
        await command.ExecuteNonQueryAsync();
    }
}
