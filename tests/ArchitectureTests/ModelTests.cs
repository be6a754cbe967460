using FeatureFlags.ArchitectureTests.Violations;
using FeatureFlags.BuildingBlocks.Persistence;

namespace FeatureFlags.ArchitectureTests;

[TestFixtureSource(typeof(ModelRules), nameof(ModelRules.Contexts))]
internal sealed class ModelTests(AppDbContext db)
{
    [Test]
    public void Tables_begin_with_their_modules_name() =>
        Assert.That(ModelRules.TablesWithoutTheirModulesName(db.Model), Is.Empty);

    [Test]
    public void No_foreign_key_leaves_its_module() =>
        Assert.That(ModelRules.ForeignKeysAcrossModules(db.Model), Is.Empty);

    [OneTimeTearDown]
    public void Dispose() => db.Dispose();
}

[TestFixtureSource(typeof(ModelRules), nameof(ModelRules.Contexts))]
internal sealed class MigrationTests(AppDbContext db)
{
    [Test]
    public void The_migrations_make_the_model() => Assert.That(ModelRules.ChangesWithoutMigration(db), Is.Empty);

    [OneTimeTearDown]
    public void Dispose() => db.Dispose();
}

internal sealed class ModelViolationTests
{
    private readonly ViolatingDbContext _db = ViolatingDbContext.Create();

    [OneTimeTearDown]
    public void Dispose() => _db.Dispose();

    [Test]
    public void A_table_with_another_modules_name_is_reported() =>
        Assert.That(
            ModelRules.TablesWithoutTheirModulesName(_db.Model),
            Is.EqualTo([$"flags_misnamed of {typeof(ViolatingModule.Misnamed)} does not begin with architecturetests_"])
        );

    [Test]
    public void A_foreign_key_into_another_module_is_reported() =>
        Assert.That(
            ModelRules.ForeignKeysAcrossModules(_db.Model),
            Is.EqualTo(["architecturetests_reaching_out refers to outbox_messages"])
        );

    [Test]
    public void A_model_without_its_migration_is_reported() =>
        Assert.That(ModelRules.ChangesWithoutMigration(_db), Has.One.Contains(nameof(ViolatingDbContext)));
}
