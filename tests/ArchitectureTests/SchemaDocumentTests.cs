using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;

namespace FeatureFlags.ArchitectureTests;

internal sealed class SchemaDocumentTests
{
    private const string Accept = "SNAPSHOT_ACCEPT";

    private readonly IRelationalModel[] _models = [.. ModelRules.Contexts().Select(Relational)];

    /// <summary>With <c>SNAPSHOT_ACCEPT=1</c> it writes the tables first; the reasons are left to whoever adds an index.</summary>
    [Test]
    public void The_document_shows_the_schema_of_both_engines()
    {
        var agreed = SourceTree.Read("docs", "ddl.md");
        var actual = SchemaDocument.Renew(agreed, _models[0], _models[1]);
        if (Environment.GetEnvironmentVariable(Accept) == "1" && Environment.GetEnvironmentVariable("CI") is null)
        {
            File.WriteAllText(SourceTree.In("docs", "ddl.md"), actual);
            agreed = actual;
        }

        Assert.That(agreed, Is.EqualTo(actual), $"docs/ddl.md is stale: run this test with {Accept}=1.");
        Assert.That(agreed, Does.Not.Contain(SchemaDocument.WithoutReason), "An index of docs/ddl.md has no reason.");
    }

    [Test]
    public void An_index_is_shown_with_the_reason_it_had_and_a_new_one_asks_for_it()
    {
        const string Document = """
            # Schema
            <!-- schema -->
            | `pk_access_clients` | `id` (primary key) | a reason |
            <!-- /schema -->
            """;

        var renewed = SchemaDocument.Renew(Document, _models[0], _models[1]);

        Assert.That(renewed, Does.Contain("| `pk_access_clients` | `id` (primary key) | a reason |\n"));
        Assert.That(
            renewed,
            Does.Contain("| `pk_outbox_revisions` | `tenant`, `environment` (primary key) | WHY? |\n")
        );
    }

    [Test]
    public void Both_engines_have_the_same_tables_columns_and_indexes()
    {
        var (sqlite, postgres) = (_models[0], _models[1]);

        Assert.That(Parts(postgres), Is.EquivalentTo(Parts(sqlite)).And.Not.Empty);
    }

    // Indexes by what they are on: PostgreSQL cuts long names.
    private static IEnumerable<string> Parts(IRelationalModel model) =>
        from table in model.Tables
        let keys = table.Indexes.Select(index => index.Columns).Append(table.PrimaryKey!.Columns)
        from part in table.Columns.Select(c => c.Name).Concat(keys.Select(Listed))
        select $"{table.Name}: {part}";

    private static string Listed(IEnumerable<IColumn> columns) => string.Join(", ", columns.Select(c => c.Name));

    private static IRelationalModel Relational(DbContext db)
    {
        using (db)
            return db.GetService<IDesignTimeModel>().Model.GetRelationalModel();
    }
}
