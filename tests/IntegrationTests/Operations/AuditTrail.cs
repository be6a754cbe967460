using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Operations;

internal static class AuditTrail
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Every flag that was acknowledged is there, and every flag that is there, acknowledged or not, has exactly one
    /// audit entry of its creation.
    /// </summary>
    public static async Task IsComplete(Installation installation, IEnumerable<string> acknowledged)
    {
        await Eventually.Holds(async () => await Undelivered(installation) == 0, Patience);
        var flags = await installation.Sql("SELECT key FROM flags_flags ORDER BY key");
        var created = await installation.Sql(
            "SELECT entity_key FROM audit_entries WHERE entity = 'flag' AND action = 'create' ORDER BY entity_key"
        );
        Assert.That(acknowledged, Is.SubsetOf(flags));
        Assert.That(created, Is.EqualTo(flags));
    }

    /// <summary>How many changes still wait for their audit entry.</summary>
    public static async Task<int> Undelivered(Installation installation) =>
        (await installation.Sql("SELECT event_id FROM outbox_deliveries")).Count;
}
