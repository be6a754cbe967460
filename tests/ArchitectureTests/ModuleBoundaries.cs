using ArchUnitNET.Domain;
using ArchUnitNET.Fluent;
using ArchUnitNET.Fluent.Slices;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace FeatureFlags.ArchitectureTests;

/// <summary>Who may see whom.</summary>
internal static class ModuleBoundaries
{
    /// <summary>
    /// The graph of modules: what each project of the service may depend on. The host is not in it: it sees them all.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string[]> Allowed = new Dictionary<string, string[]>
    {
        ["BuildingBlocks"] = [],
        ["Rules"] = [],
        ["Flags.Contracts"] = ["BuildingBlocks", "Rules"],
        ["Segments.Contracts"] = ["BuildingBlocks", "Rules"],
        ["Access"] = ["BuildingBlocks", "Rules"],
        ["Audit"] = ["BuildingBlocks", "Rules"],
        ["ChangeFeed"] = ["BuildingBlocks", "Rules"],
        ["Evaluation"] = ["BuildingBlocks", "Rules", "Flags.Contracts", "Segments.Contracts"],
        ["Flags"] = ["BuildingBlocks", "Rules", "Flags.Contracts", "Segments.Contracts"],
        ["Segments"] = ["BuildingBlocks", "Rules", "Segments.Contracts"],
    };

    /// <summary>Types that depend on a type of a module which theirs may not see.</summary>
    /// <param name="moduleOf">The module a type belongs to; null for a type that belongs to none.</param>
    public static IReadOnlyList<string> ForbiddenDependencies(
        Architecture architecture,
        Func<IType, string?> moduleOf,
        IReadOnlyDictionary<string, string[]> allowed
    ) =>
        Findings.In(
            [.. allowed],
            entry =>
            {
                var (module, seen) = entry;
                var own = Types().That().FollowCustomPredicate(t => moduleOf(t) == module, $"belong to {module}");
                var foreign = Types()
                    .That()
                    .FollowCustomPredicate(
                        t => moduleOf(t) is { } other && other != module && !seen.Contains(other),
                        $"belong to a module that {module} may not see"
                    );
                return Broken(own.Should().NotDependOnAny(foreign), architecture);
            }
        );

    /// <summary>Circles among the modules; one and its contracts are the same here.</summary>
    public static IReadOnlyList<string> Cycles(Architecture architecture, Func<IType, string?> moduleOf)
    {
        var rule = new SliceRuleCreator();
        rule.SetSliceAssignment(
            new SliceAssignment(
                type =>
                    moduleOf(type) is { } module ? SliceIdentifier.Of(module.Split('.')[0]) : SliceIdentifier.Ignore(),
                "by module"
            )
        );
        var modules = new GivenSlices(rule);
        return modules.GetObjects(architecture).Any()
            ? Broken(modules.Should().BeFreeOfCycles(), architecture)
            : [Findings.NothingToLookAt];
    }

    public static IReadOnlyList<string> ForbiddenReferences(
        IReadOnlyCollection<Project> projects,
        IReadOnlyDictionary<string, string[]> allowed
    ) =>
        Findings.In(
            projects,
            project =>
                allowed.TryGetValue(project.Name, out var seen)
                    ? project.References.Except(seen).Select(other => $"{project.Name} must not refer to {other}")
                    : [$"{project.Name} has no place in the graph of modules"]
        );

    public static IReadOnlyList<string> NotInTheSolution(IReadOnlyCollection<Project> projects, string solution) =>
        Findings.In(
            projects,
            project =>
                solution.Contains($"\\{project.Name}.csproj\"", StringComparison.Ordinal)
                    ? []
                    : [$"{project.Name} is not in the solution"]
        );

    // A rule about types that selects none fails by itself; one about slices does not.
    private static IReadOnlyList<string> Broken(IArchRule rule, Architecture architecture) =>
        [.. rule.Evaluate(architecture).Where(result => !result.Passed).Select(result => result.Description)];
}
