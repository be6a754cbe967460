using System.Text.Json;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.Rules;

namespace FeatureFlags.Flags.Contracts;

/// <summary>The caller's flags, for evaluation.</summary>
/// <param name="Keys">Which; null for all. Keys that name no flag are left out of the answer.</param>
public sealed record FlagDocuments(IReadOnlyCollection<string>? Keys) : IQuery<IReadOnlyList<FlagDocument>>;

/// <summary>A flag as it is stored.</summary>
/// <param name="Json">Everything that a write of it sets.</param>
public sealed record FlagDocument(string Key, long Version, string Json)
{
    /// <summary>What evaluation uses of it.</summary>
    public FlagDefinition Definition()
    {
        using var document = JsonDocument.Parse(Json);
        var tags = document.RootElement.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()!);
        return FlagDefinition.Restore(Key, Version, document.RootElement) with { Tags = [.. tags] };
    }
}
