namespace FeatureFlags.ArchitectureTests;

internal sealed class TypeTests
{
    [TestCaseSource(typeof(Code), nameof(Code.Modules))]
    public void Only_the_module_class_of_a_module_is_public(System.Reflection.Assembly module) =>
        Assert.That(TypeRules.PublicBesidesTheModule(Code.ProjectOf(module), module.GetExportedTypes()), Is.Empty);

    [Test]
    public void A_second_public_type_is_reported() =>
        Assert.That(
            TypeRules.PublicBesidesTheModule("Violating", Code.Violations),
            Is.EqualTo([$"{typeof(Violations.SecondPublicType)} is public"])
        );

    [Test]
    public void A_module_class_under_another_name_is_reported() =>
        Assert.That(
            TypeRules.PublicBesidesTheModule("Other", [typeof(Violations.ViolatingModule)]),
            Is.EqualTo([$"{typeof(Violations.ViolatingModule)} is public"])
        );

    [Test]
    public void A_class_is_sealed_unless_something_inherits_from_it() =>
        Assert.That(TypeRules.NotSealed(Code.Types), Is.Empty);

    [Test]
    public void An_open_class_is_reported() =>
        Assert.That(
            TypeRules.NotSealed(Code.Violations),
            Is.EqualTo([$"{typeof(Violations.OpenClass)} is not sealed"])
        );

    [Test]
    public void Nothing_is_called_service_manager_helper_repository_or_util() =>
        Assert.That(TypeRules.EmptyNames(Code.Types), Is.Empty);

    [Test]
    public void A_class_called_service_is_reported() =>
        Assert.That(
            TypeRules.EmptyNames(Code.Violations),
            Is.EqualTo([$"{typeof(Violations.FlagService)} is called after nothing it knows or does"])
        );

    [TestCaseSource(typeof(Code), nameof(Code.Contracts))]
    public void Contracts_hold_records_only(System.Reflection.Assembly contracts) =>
        Assert.That(TypeRules.ContractsThatAreNoRecords([.. Code.Written(contracts)]), Is.Empty);

    [Test]
    public void A_class_in_contracts_is_reported() =>
        Assert.That(
            TypeRules.ContractsThatAreNoRecords([
                typeof(Violations.FlagService),
                typeof(Violations.Unvalidated.Command),
            ]),
            Is.EqualTo([$"{typeof(Violations.FlagService)} is not a record"])
        );

    [Test]
    public void Namespaces_follow_folders() =>
        Assert.That(TypeRules.NamespacesBesideTheirFolder([.. SourceTree.Sources()]), Is.Empty);

    [Test]
    public void A_namespace_beside_its_folder_is_reported() =>
        Assert.That(
            TypeRules.NamespacesBesideTheirFolder([
                new SourceFile("Flags", "FlagsModule.cs", "namespace FeatureFlags.Flags;"),
                new SourceFile("Flags", "Domain/Flag.cs", "namespace FeatureFlags.Flags.Features;"),
            ]),
            Is.EqualTo([
                "Flags/Domain/Flag.cs is in namespace 'FeatureFlags.Flags.Features', not FeatureFlags.Flags.Domain",
            ])
        );
}
