using System.Globalization;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;

namespace FeatureFlags.Evaluation.Sync;

/// <summary>
/// How far an SDK has come, as it is sent: <c>42.01JAB3ZK7MQ8V5T2N4X6C9D1EF</c>, the revision and the event that made
/// it; <c>0.</c> where nothing was ever written. The event tells one history of a database from another.
/// </summary>
internal static class SyncCursor
{
    public static string Of(ScopeHead head) => $"{head.Revision.ToString(CultureInfo.InvariantCulture)}.{head.EventId}";

    /// <returns>Null where it is none.</returns>
    public static ScopeHead? Read(Scope scope, string? text)
    {
        var dot = text?.IndexOf('.') ?? -1;
        return
            dot >= 0
            && long.TryParse(text.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            ? new ScopeHead(scope, revision, text![(dot + 1)..])
            : null;
    }
}
