using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Host.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace FeatureFlags.ArchitectureTests;

/// <summary>The tables of all modules, which share a database and nothing in it.</summary>
internal static class ModelRules
{
    /// <summary>The context of each engine, as the tools make it: nothing is connected to.</summary>
    public static IEnumerable<AppDbContext> Contexts()
    {
        yield return new SqliteAppDbContext.DesignTime().CreateDbContext([]);
        yield return new PostgresAppDbContext.DesignTime().CreateDbContext([]);
    }

    public static IReadOnlyList<string> TablesWithoutTheirModulesName(IModel model) =>
        Findings.In(
            [.. model.GetEntityTypes()],
            entity =>
            {
                var prefix = $"{PrefixOf(entity)}_";
                return entity.GetTableName()!.StartsWith(prefix, StringComparison.Ordinal)
                    ? []
                    : [$"{entity.GetTableName()} of {entity.ClrType} does not begin with {prefix}"];
            }
        );

    public static IReadOnlyList<string> ForeignKeysAcrossModules(IModel model) =>
        Findings.In(
            [.. model.GetEntityTypes()],
            entity =>
                entity
                    .GetForeignKeys()
                    .Where(key => key.PrincipalEntityType.ClrType.Assembly != entity.ClrType.Assembly)
                    .Select(key => $"{entity.GetTableName()} refers to {key.PrincipalEntityType.GetTableName()}")
        );

    public static IReadOnlyList<string> ChangesWithoutMigration(AppDbContext db) =>
        db.Database.HasPendingModelChanges()
            ? [$"{db.GetType().Name} has changes that no migration makes: docs/extending.md says how to add it"]
            : [];

    // The outbox is a module that lives in BuildingBlocks.
    private static string PrefixOf(IEntityType entity) =>
        entity.ClrType.Assembly == typeof(IModule).Assembly
            ? "outbox"
            : Code.ProjectOf(entity.ClrType.Assembly).ToLowerInvariant();
}
