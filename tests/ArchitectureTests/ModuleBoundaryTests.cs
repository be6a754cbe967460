using ArchUnitNET.Domain;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.Host;

namespace FeatureFlags.ArchitectureTests;

internal sealed class ModuleBoundaryTests
{
    private const string Violations = "FeatureFlags.ArchitectureTests.Violations";

    private static readonly string[] Host = ["Host"];

    private static readonly Dictionary<string, string[]> AllowedThere = new() { ["Alpha"] = [], ["Beta"] = ["Alpha"] };

    [Test]
    public void A_module_depends_only_on_what_the_graph_allows() =>
        Assert.That(
            ModuleBoundaries.ForbiddenDependencies(Code.Architecture, Project, ModuleBoundaries.Allowed),
            Is.Empty
        );

    [Test]
    public void A_dependency_that_the_graph_does_not_allow_is_reported()
    {
        var found = ModuleBoundaries.ForbiddenDependencies(Code.Violated, AlphaOrBeta, AllowedThere);

        Assert.That(found, Has.Exactly(1).Items.And.One.Contains("Alpha.KnowsBeta"));
    }

    [Test]
    public void A_module_that_the_graph_names_and_nobody_wrote_is_reported() =>
        Assert.That(
            ModuleBoundaries.ForbiddenDependencies(
                Code.Architecture,
                Project,
                new Dictionary<string, string[]> { ["Nowhere"] = [] }
            ),
            Is.Not.Empty
        );

    [Test]
    public void The_modules_depend_on_each_other_without_circles() =>
        Assert.That(ModuleBoundaries.Cycles(Code.Architecture, Project), Is.Empty);

    [Test]
    public void A_circle_is_reported() =>
        Assert.That(
            ModuleBoundaries.Cycles(Code.Violated, AlphaOrBeta),
            Has.Some.Contains("Alpha").And.Some.Contains("Beta")
        );

    [Test]
    public void Circles_among_no_modules_are_reported() =>
        Assert.That(ModuleBoundaries.Cycles(Code.Architecture, _ => null), Is.EqualTo([Findings.NothingToLookAt]));

    [Test]
    public void Project_references_follow_the_graph() =>
        Assert.That(
            ModuleBoundaries.ForbiddenReferences(
                [.. SourceTree.ServiceProjects.ExceptBy(Host, p => p.Name)],
                ModuleBoundaries.Allowed
            ),
            Is.Empty
        );

    [Test]
    public void A_project_reference_beside_the_graph_is_reported() =>
        Assert.That(
            ModuleBoundaries.ForbiddenReferences(
                [new("src/Alpha.csproj", ["Beta"]), new("src/Beta.csproj", ["Alpha"]), new("src/Gamma.csproj", [])],
                AllowedThere
            ),
            Is.EqualTo(["Alpha must not refer to Beta", "Gamma has no place in the graph of modules"])
        );

    [Test]
    public void The_host_sees_every_module_and_starts_it()
    {
        var modules = Code.Modules.Select(Code.ProjectOf).ToList();

        Assert.That(modules, Is.Not.Empty);
        Assert.That(SourceTree.ServiceProjects.Single(p => p.Name == "Host").References, Is.SupersetOf(modules));
        Assert.That(
            Modules.All.Select(m => m.GetType()),
            Is.EquivalentTo(
                Code.Modules.Append(typeof(IModule).Assembly).SelectMany(a => a.GetTypes().Where(Code.IsModule))
            )
        );
    }

    [Test]
    public void The_graph_names_every_project_and_no_other() =>
        Assert.That(
            ModuleBoundaries.Allowed.Keys,
            Is.EquivalentTo(Code.Assemblies.Select(Code.ProjectOf).Except(Host))
                .And.EquivalentTo(SourceTree.ServiceProjects.Select(p => p.Name).Except(Host))
        );

    [Test]
    public void Every_project_is_in_the_solution() =>
        Assert.That(
            ModuleBoundaries.NotInTheSolution(SourceTree.Projects, SourceTree.Read("FeatureFlags.sln")),
            Is.Empty
        );

    [Test]
    public void A_project_that_is_not_in_the_solution_is_reported() =>
        Assert.That(
            ModuleBoundaries.NotInTheSolution(
                [new("src/Host.csproj", []), new("src/Lost.csproj", [])],
                SourceTree.Read("FeatureFlags.sln")
            ),
            Is.EqualTo(["Lost is not in the solution"])
        );

    [Test]
    public void A_rule_that_looks_at_nothing_reports_that() =>
        Assert.That(
            ModuleBoundaries.NotInTheSolution([], SourceTree.Read("FeatureFlags.sln")),
            Is.EqualTo([Findings.NothingToLookAt])
        );

    private static string Project(IType type) => type.Assembly.Name.Split(',')[0]["FeatureFlags.".Length..];

    private static string? AlphaOrBeta(IType type) =>
        AllowedThere.Keys.FirstOrDefault(module => type.Namespace.FullName == $"{Violations}.{module}");
}
