using System.Data.Common;

namespace FeatureFlags.IntegrationTests;

/// <summary>Dead letters without waiting for a subscriber to give up: it would take all its attempts.</summary>
internal static class DeadLetters
{
    /// <summary>Leaves a dead letter of the tenant's last change.</summary>
    /// <returns>Its id.</returns>
    public static async Task<string> Leave(Service service, TenantClient tenant, string error)
    {
        var eventId = (await tenant.Audit("?limit=1")).At("items.0.id")!;
        await using var connection = service.Connect();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = """
            INSERT INTO outbox_dead_letters
                (id, subscriber, event_id, tenant, environment, revision, entity, entity_key, attempts, died_at, last_error)
            SELECT event_id || '.tests', 'tests', event_id, tenant, environment, revision, entity, entity_key, 1, 0, @error
            FROM outbox_messages WHERE event_id = @event
            """;
        Add(command, "event", eventId);
        Add(command, "error", error);
        Assert.That(await command.ExecuteNonQueryAsync(), Is.EqualTo(1));
        return $"{eventId}.tests";
    }

    private static void Add(DbCommand command, string name, string value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (name, value);
        command.Parameters.Add(parameter);
    }
}
