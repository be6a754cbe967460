using System.Text.Json;
using FeatureFlags.Rules;

namespace FeatureFlags.Client.Sync;

/// <summary>
/// The rules of one tenant and environment as of one moment, compiled, and the documents they came from. Immutable: who
/// holds it evaluates against one moment, whatever is swapped in meanwhile.
/// </summary>
/// <param name="Flags">Each flag as the service stores it, JSON in UTF-8, by key.</param>
/// <param name="Criteria">Each segment's criteria, likewise; its lists are in <paramref name="Compiled"/>.</param>
internal sealed record ClientRules(
    string Tenant,
    string Environment,
    Cursor At,
    RuleSet Compiled,
    IReadOnlyDictionary<string, byte[]> Flags,
    IReadOnlyDictionary<string, byte[]> Criteria
)
{
    public RulesSource Source { get; init; } = RulesSource.Service;

    public bool IsOf(string? tenant, string? environment) =>
        (tenant is null || tenant == Tenant) && (environment is null || environment == Environment);

    public static ClientRules Empty(string tenant, string environment) =>
        new(
            tenant,
            environment,
            default,
            RuleSet.Empty(tenant),
            new Dictionary<string, byte[]>(),
            new Dictionary<string, byte[]>()
        );

    /// <summary>These rules after a change.</summary>
    public ClientRules With(RuleChange change) =>
        this with
        {
            At = change.At,
            Compiled = Compiled.With(
                new RuleSetChange
                {
                    Flags = [.. change.Flags.Select(flag => flag.Definition)],
                    Segments = [.. change.Segments.Select(segment => segment.Definition)],
                    RemovedFlags = change.RemovedFlags,
                    RemovedSegments = change.RemovedSegments,
                }
            ),
            Flags = Changed(
                Flags,
                change.Flags.Select(flag => (flag.Definition.Key, flag.Document)),
                change.RemovedFlags
            ),
            Criteria = Changed(
                Criteria,
                change.Segments.Select(segment => (segment.Definition.Key, segment.Criteria)),
                change.RemovedSegments
            ),
            Source = RulesSource.Service,
        };

    /// <summary>The flag as the service stores it: name, description, tags, metadata, rules; null for an unknown one.</summary>
    public JsonElement? Describe(string flagKey) =>
        Flags.TryGetValue(flagKey, out var document) ? JsonElement.Parse(document, RuleDocument.Options) : null;

    private static Dictionary<string, byte[]> Changed(
        IReadOnlyDictionary<string, byte[]> documents,
        IEnumerable<(string Key, byte[] Document)> changed,
        IReadOnlyCollection<string> removed
    )
    {
        var result = new Dictionary<string, byte[]>(documents, StringComparer.Ordinal);
        foreach (var key in removed)
            result.Remove(key);
        foreach (var (key, document) in changed)
            result[key] = document;
        return result;
    }
}

/// <param name="From">What it applies to; null: to nothing, it is all there is.</param>
/// <param name="At">The moment after it.</param>
internal sealed record RuleChange(
    Cursor? From,
    Cursor At,
    IReadOnlyList<(FlagDefinition Definition, byte[] Document)> Flags,
    IReadOnlyList<(SegmentDefinition Definition, byte[] Criteria)> Segments,
    IReadOnlyList<string> RemovedFlags,
    IReadOnlyList<string> RemovedSegments
);
