#pragma warning disable CA1852 // What it warns of is the violation.
namespace FeatureFlags.ArchitectureTests.Violations;

/// <summary>Public, and not the module.</summary>
public sealed class SecondPublicType;

/// <summary>Could be inherited from, and is not.</summary>
internal class OpenClass;

/// <summary>Is inherited from: no violation.</summary>
internal class BaseClass;

internal sealed class DerivedClass : BaseClass;

/// <summary>A name that says nothing.</summary>
internal sealed class FlagService;
