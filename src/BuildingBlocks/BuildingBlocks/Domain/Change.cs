using System.Text.Json;

namespace FeatureFlags.BuildingBlocks.Domain;

/// <summary>
/// What happened to an entity: the payload of an event. <see cref="Before"/> and <see cref="After"/> are the entity as
/// the API shows it; one of them is null for a creation and a deletion.
/// </summary>
/// <param name="Entity">What changed: <c>flag</c>, <c>segment</c>, …</param>
/// <param name="Action">How: <c>created</c>, <c>updated</c>, <c>deleted</c>, or a verb of the entity's own.</param>
/// <param name="Version">The entity's version after the change.</param>
public sealed record Change(
    string Entity,
    string Action,
    string Key,
    long Version,
    JsonElement? Before,
    JsonElement? After
)
{
    /// <summary>The event's type, e.g. <c>flag.updated</c>.</summary>
    public string Type => $"{Entity}.{Action}";
}
