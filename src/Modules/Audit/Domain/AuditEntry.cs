using FeatureFlags.BuildingBlocks.Domain;

namespace FeatureFlags.Audit.Domain;

/// <summary>One change, as it was announced. Written once and never touched again.</summary>
internal sealed class AuditEntry : IScoped
{
    public required string EventId { get; init; }
    public required string Tenant { get; init; }
    public required string Environment { get; init; }

    /// <summary>The change's place in the scope's history; orders entries of the same millisecond.</summary>
    public required long Revision { get; init; }
    public required DateTimeOffset Ts { get; init; }
    public required string Actor { get; init; }
    public required string Entity { get; init; }
    public required string EntityKey { get; init; }

    /// <summary>In the words of <see cref="ActionOf"/>.</summary>
    public required string Action { get; init; }

    /// <summary>The entity's version after the change.</summary>
    public required long Version { get; init; }
    public string? RequestId { get; init; }

    /// <summary>The entity before the change as JSON; null where there was none.</summary>
    public string? Before { get; init; }

    /// <summary>The entity after the change as JSON; null where there is none.</summary>
    public string? After { get; init; }

    /// <summary>An event says what happened (<c>created</c>), the audit what was done (<c>create</c>).</summary>
    public static string ActionOf(string happened) =>
        happened switch
        {
            "created" => "create",
            "updated" => "update",
            "deleted" => "delete",
            _ => happened,
        };
}
