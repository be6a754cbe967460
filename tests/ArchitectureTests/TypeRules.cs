using System.Text.RegularExpressions;
using FeatureFlags.BuildingBlocks;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FeatureFlags.ArchitectureTests;

/// <summary>How types look: who sees them, what they are called, where they are.</summary>
internal static partial class TypeRules
{
    /// <summary>Types of a module that other assemblies see, other than its <c>XModule</c>.</summary>
    public static IReadOnlyList<string> PublicBesidesTheModule(string module, IReadOnlyCollection<Type> types) =>
        Findings.In(
            types,
            type =>
                !type.IsVisible || (type.IsAssignableTo(typeof(IModule)) && type.Name == $"{module}Module")
                    ? []
                    : [$"{type} is public"]
        );

    /// <summary>Classes that could be inherited from and are not.</summary>
    public static IReadOnlyList<string> NotSealed(IReadOnlyCollection<Type> types)
    {
        var inherited = types.Select(t => Definition(t.BaseType)).ToHashSet();
        return Findings.In(
            types,
            type =>
                type.IsClass && !type.IsAbstract && !type.IsSealed && !inherited.Contains(type) && !IsMigration(type)
                    ? [$"{type} is not sealed"]
                    : []
        );
    }

    /// <summary>Names that say nothing but that something is done.</summary>
    public static IReadOnlyList<string> EmptyNames(IReadOnlyCollection<Type> types) =>
        Findings.In(
            types,
            type => EmptyName().IsMatch(type.Name) ? [$"{type} is called after nothing it knows or does"] : []
        );

    /// <summary>What others see of a module is data.</summary>
    public static IReadOnlyList<string> ContractsThatAreNoRecords(IReadOnlyCollection<Type> types) =>
        Findings.In(types, type => type.IsEnum || IsRecord(type) ? [] : [$"{type} is not a record"]);

    public static IReadOnlyList<string> NamespacesBesideTheirFolder(IReadOnlyCollection<SourceFile> files) =>
        Findings.In(
            files,
            file =>
            {
                var folder = Path.GetDirectoryName(file.Path)!.Replace(Path.DirectorySeparatorChar, '.');
                var expected = $"FeatureFlags.{file.Project}.{folder}".TrimEnd('.');
                var found = Namespace().Match(file.Text).Groups["name"].Value;
                return found == expected || file.Path == "Program.cs"
                    ? []
                    : [$"{file.Project}/{file.Path} is in namespace '{found}', not {expected}"];
            }
        );

    private static Type? Definition(Type? type) =>
        type is { IsGenericType: true } ? type.GetGenericTypeDefinition() : type;

    private static bool IsRecord(Type type) =>
        type.IsSealed
        && type.GetMethod(
            "PrintMembers",
            System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance
        )
            is not null;

    private static bool IsMigration(Type type) =>
        type.IsSubclassOf(typeof(Migration)) || type.IsSubclassOf(typeof(ModelSnapshot));

    [GeneratedRegex("(Service|Manager|Helper|Repository|Util)s?(`[0-9]+)?$", RegexOptions.NonBacktracking)]
    private static partial Regex EmptyName();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+)", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Namespace();
}
