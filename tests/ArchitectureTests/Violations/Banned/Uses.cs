// Not compiled into the tests: they give it to the analyzer of banned symbols, which must object to every statement.
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

internal static partial class Uses
{
    private sealed class Row;

    [GeneratedRegex("a")]
    private static partial Regex Unbounded();

    [GeneratedRegex("a", RegexOptions.IgnoreCase)]
    private static partial Regex UnboundedWithOptions();

    private static async Task Everything(
        string text,
        string other,
        CancellationToken ct,
        DbContext db,
        DbSet<Row> rows,
        DatabaseFacade facade,
        MediatR.IMediator mediator
    )
    {
        _ = DateTime.Now;
        _ = DateTime.UtcNow;
        _ = DateTime.Today;
        _ = DateTimeOffset.Now;
        _ = DateTimeOffset.UtcNow;
        Thread.Sleep(1);
        Thread.Sleep(TimeSpan.Zero);
        await Task.Delay(1);
        await Task.Delay(1, ct);
        await Task.Delay(TimeSpan.Zero);
        await Task.Delay(TimeSpan.Zero, ct);
        _ = new PeriodicTimer(TimeSpan.MaxValue);
        _ = text.ToLower();
        _ = text.ToUpper();
        _ = text.StartsWith(other);
        _ = text.EndsWith(other);
        _ = text.IndexOf(other);
        _ = text.LastIndexOf(other);
        _ = text.CompareTo(other);
        _ = string.Compare(text, other);
        _ = string.Compare(text, other, true);
        _ = new Regex(text);
        _ = new Regex(text, RegexOptions.IgnoreCase);
        _ = Regex.IsMatch(text, other);
        _ = Regex.Match(text, other);
        _ = Regex.Matches(text, other);
        _ = Regex.Replace(text, other, text);
        _ = Regex.Split(text, other);
        _ = db.Database;
        _ = rows.FromSql($"SELECT 1");
        _ = rows.FromSqlRaw("SELECT 1");
        _ = rows.FromSqlInterpolated($"SELECT 1");
        _ = rows.IgnoreQueryFilters();
        _ = facade.SqlQuery<int>($"SELECT 1");
        _ = facade.SqlQueryRaw<int>("SELECT 1");
        _ = facade.ExecuteSql($"SELECT 1");
        _ = facade.ExecuteSqlRaw("SELECT 1");
        await facade.ExecuteSqlAsync($"SELECT 1");
        await facade.ExecuteSqlRawAsync("SELECT 1");
        await mediator.Publish(new Note(), ct);
    }

    private sealed class Note : MediatR.INotification;
}
