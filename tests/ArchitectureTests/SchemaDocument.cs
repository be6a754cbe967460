using System.Text;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FeatureFlags.ArchitectureTests;

/// <summary>
/// The part of docs/ddl.md between its markers: tables and indexes are those of the model, on both engines; why each
/// index is there is written by hand, and kept.
/// </summary>
internal static partial class SchemaDocument
{
    public const string WithoutReason = "WHY?";

    private const string Begin = "<!-- schema -->\n";
    private const string End = "<!-- /schema -->";

    /// <summary>The document as it has to be: its tables anew, everything else as it is.</summary>
    public static string Renew(string document, IRelationalModel sqlite, IRelationalModel postgres)
    {
        var begin = document.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = document.IndexOf(End, StringComparison.Ordinal);
        var reasons = Reason()
            .Matches(document[begin..end])
            .ToDictionary(m => m.Groups["index"].Value, m => m.Groups["why"].Value, StringComparer.Ordinal);
        var text = new StringBuilder(document[..begin]);
        foreach (var table in sqlite.Tables.OrderBy(t => t.Name, StringComparer.Ordinal))
            Write(text, table, postgres.FindTable(table.Name, schema: null)!, reasons);
        return text.Append(document[end..]).ToString();
    }

    private static void Write(StringBuilder text, ITable sqlite, ITable postgres, Dictionary<string, string> reasons)
    {
        text.Append($"\n### {sqlite.Name}\n\n| Column | SQLite | PostgreSQL | |\n|---|---|---|---|\n");
        foreach (var column in sqlite.Columns)
        {
            var type = postgres.FindColumn(column.Name)!.StoreType;
            var isNull = column.IsNullable ? " may be null" : "";
            text.Append($"| `{column.Name}` | {column.StoreType} | {type} |{isNull} |\n");
        }

        text.Append("\n| Index | On | Why |\n|---|---|---|\n");
        var key = sqlite.PrimaryKey!;
        WriteIndex(key.Name, key.Columns, "primary key");
        foreach (var index in sqlite.Indexes.OrderBy(i => i.Name, StringComparer.Ordinal))
            WriteIndex(index.Name, index.Columns, index.IsUnique ? "unique" : null);

        var references = sqlite
            .ForeignKeyConstraints.OrderBy(f => f.Name, StringComparer.Ordinal)
            .Select(f =>
                f.OnDeleteAction == ReferentialAction.Cascade
                    ? $"Rows go with their `{f.PrincipalTable.Name}` ({Names(f.Columns)}).\n"
                    : $"Rows keep their `{f.PrincipalTable.Name}` ({Names(f.Columns)}).\n"
            );
        foreach (var reference in references)
            text.Append('\n').Append(reference);

        void WriteIndex(string name, IEnumerable<IColumn> columns, string? kind)
        {
            var why = reasons.GetValueOrDefault(name, WithoutReason);
            text.Append($"| `{name}` | {Names(columns)}{(kind is null ? "" : $" ({kind})")} | {why} |\n");
        }
    }

    private static string Names(IEnumerable<IColumn> columns) => string.Join(", ", columns.Select(c => $"`{c.Name}`"));

    [GeneratedRegex(
        @"^\| `(?<index>(pk|ix|ak)_\w+)` \| [^|]* \| (?<why>[^|]*) \|$",
        RegexOptions.Multiline | RegexOptions.NonBacktracking
    )]
    private static partial Regex Reason();
}
