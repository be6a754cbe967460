using System.CodeDom.Compiler;
using System.Reflection;
using System.Runtime.CompilerServices;
using FeatureFlags.BuildingBlocks;
using Architecture = ArchUnitNET.Domain.Architecture;
using ArchLoader = ArchUnitNET.Loader.ArchLoader;

namespace FeatureFlags.ArchitectureTests;

/// <summary>The code under the rules. It is found beside the host rather than listed, so that nothing is left out.</summary>
internal static class Code
{
    private const string Prefix = "FeatureFlags.";

    private static readonly Assembly Tests = typeof(Code).Assembly;

    public static IReadOnlyList<Assembly> Assemblies { get; } =
    [
        .. Directory
            .EnumerateFiles(AppContext.BaseDirectory, $"{Prefix}*.dll")
            .Select(file => Path.GetFileNameWithoutExtension(file)!)
            .Where(name => name != Tests.GetName().Name)
            .Order(StringComparer.Ordinal)
            .Select(Assembly.Load),
    ];

    /// <summary>The assemblies with a module in them, but for BuildingBlocks, whose outbox is one.</summary>
    public static IReadOnlyList<Assembly> Modules { get; } =
    [.. Assemblies.Where(a => a != typeof(IModule).Assembly && a.GetTypes().Any(IsModule))];

    public static IReadOnlyList<Assembly> Contracts { get; } =
    [.. Assemblies.Where(a => ProjectOf(a).EndsWith(".Contracts", StringComparison.Ordinal))];

    public static IReadOnlyList<Type> Types { get; } = [.. Assemblies.SelectMany(Written)];

    /// <summary>The deliberate violations, one for each rule.</summary>
    public static IReadOnlyList<Type> Violations { get; } =
    [
        .. Written(Tests)
            .Where(t =>
                t.Namespace!.StartsWith($"{typeof(Code).Namespace}.{nameof(Violations)}", StringComparison.Ordinal)
            ),
    ];

    public static Architecture Architecture { get; } = new ArchLoader().LoadAssemblies([.. Assemblies]).Build();

    public static Architecture Violated { get; } = new ArchLoader().LoadAssemblies(Tests).Build();

    public static bool IsModule(Type type) =>
        type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IModule));

    /// <summary>The name of an assembly's project, e.g. <c>Flags.Contracts</c>.</summary>
    public static string ProjectOf(Assembly assembly) => assembly.GetName().Name![Prefix.Length..];

    /// <summary>The types that somebody wrote, not a compiler or a source generator.</summary>
    public static IEnumerable<Type> Written(Assembly assembly) =>
        assembly
            .GetTypes()
            .Where(t => t.Namespace?.StartsWith(Prefix, StringComparison.Ordinal) == true && !IsGenerated(t));

    private static bool IsGenerated(Type type) =>
        type.Name.StartsWith('<')
        || type.Name.StartsWith("__", StringComparison.Ordinal)
        || type.IsDefined(typeof(CompilerGeneratedAttribute))
        || type.IsDefined(typeof(GeneratedCodeAttribute))
        || (type.DeclaringType is { } outer && IsGenerated(outer));
}
