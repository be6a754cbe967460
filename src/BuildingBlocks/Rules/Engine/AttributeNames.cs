using System.Collections.Concurrent;

namespace FeatureFlags.Rules.Engine;

/// <summary>
/// One string for each attribute name that rules ask for. A context that uses it too is found to match by reference,
/// which saves the comparison of the text, a fifth of what a clause costs. A name that is not here is compared as text.
/// </summary>
internal static class AttributeNames
{
    /// <summary>Beyond this many names nothing is added, so that what tenants write can't fill the memory.</summary>
    private const int Most = 10_000;

    private static readonly ConcurrentDictionary<string, string> Names = new(StringComparer.Ordinal);

    /// <summary>The string that stands for a name that a rule asks for.</summary>
    public static string Shared(string name) =>
        Names.TryGetValue(name, out var known) ? known
        : Names.Count < Most ? Names.GetOrAdd(name, name)
        : name;

    /// <summary>The string that stands for a name, if a rule asks for it; else the name itself.</summary>
    public static string Known(string name) => Names.GetValueOrDefault(name, name);
}
