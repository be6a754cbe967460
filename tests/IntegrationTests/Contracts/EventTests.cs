using System.Globalization;
using System.Text.Json.Nodes;
using FeatureFlags.IntegrationTests.Security;

namespace FeatureFlags.IntegrationTests.Contracts;

/// <summary>What a change tells its subscribers, as it stands in the outbox.</summary>
internal sealed class EventTests
{
    [Test]
    public async Task Flags([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await Contract.Tenant(service, "contract-flag-events");
        await acme.PostFlag("""{"key":"f","variants":[{"key":"v","weight":1}]}""");
        await acme.PatchFlag("f", """{"state":"on"}""");
        await acme.DeleteFlag("f");
        await acme.PostFlag("""{"key":"f","variants":[{"key":"v","weight":1}]}""");

        await Verify(service, acme);
    }

    [Test]
    public async Task Segments([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await Contract.Tenant(service, "contract-segment-events");
        await acme.PostSegment("""{"key":"s","included":["u"]}""");
        await acme.Send(HttpMethod.Patch, "/v1/segments/s/members", """{"list":"excluded","add":["v"]}""");
        await acme.Send(HttpMethod.Patch, "/v1/segments/s", """{"criteria":{"attr":{"country":"CA"}}}""");
        await acme.Send(HttpMethod.Delete, "/v1/segments/s");

        await Verify(service, acme);
    }

    [Test]
    public async Task Clients_without_their_secrets([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await Contract.Tenant(service, "contract-client-events");
        var client = await acme.Send(HttpMethod.Post, "/v1/admin/clients", """{"name":"c","scopes":["evaluate"]}""");
        var path = $"/v1/admin/clients/{client.At("id")}";
        await acme.Send(HttpMethod.Patch, path, """{"active":false}""");
        await acme.Send(HttpMethod.Post, $"{path}/rotate-secret");
        await acme.Send(HttpMethod.Delete, path);

        await Verify(service, acme);
    }

    [Test]
    public async Task API_keys_without_their_texts([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await Contract.Tenant(service, "contract-api-key-events");
        var key = await acme.ClientKey(service.Http, "https://shop.example");
        await acme.PatchKey(key, """{"expires_at":"2100-01-01T00:00:00Z"}""");
        await acme.RotateKey(key, overlap: 3600);
        await acme.RevokeKey(key);

        await Verify(service, acme);
    }

    [Test]
    public async Task Webhooks_without_their_secrets([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await Contract.Tenant(service, "contract-webhook-events");
        var webhook = await acme.Send(HttpMethod.Post, "/v1/webhooks", """{"url":"https://example.invalid"}""");
        var path = $"/v1/webhooks/{webhook.At("id")}";
        await acme.Send(HttpMethod.Post, $"{path}/test");
        await acme.Send(HttpMethod.Patch, path, """{"active":false}""");
        await acme.Send(HttpMethod.Post, $"{path}/rotate-secret");
        await acme.Send(HttpMethod.Delete, path);

        await Verify(service, acme);
    }

    [Test]
    public async Task Dead_letters([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await Contract.Tenant(service, "contract-dead-letter-events");
        await acme.PostFlag("""{"key":"f","variants":[{"key":"v","weight":1}]}""");
        var id = await DeadLetters.Leave(service, acme, "failed");
        await acme.Send(HttpMethod.Delete, $"/v1/admin/outbox/dead-letters/{id}");

        await Verify(service, acme);
    }

    private static async Task Verify(Service service, TenantClient tenant)
    {
        await using var connection = service.Connect();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT * FROM outbox_messages WHERE tenant = @tenant ORDER BY revision";
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = ("tenant", tenant.Tenant);
        command.Parameters.Add(parameter);
        await using var rows = await command.ExecuteReaderAsync();

        var contract = new Contract();
        while (await rows.ReadAsync())
        {
            var message = new JsonObject();
            foreach (var column in Enumerable.Range(0, rows.FieldCount).OrderBy(rows.GetName, StringComparer.Ordinal))
                message[rows.GetName(column)] = Shown(rows.GetName(column), rows.GetValue(column));
            contract.Add($"revision {message["revision"]}", message);
        }
        await contract.Verify();
    }

    private static JsonNode? Shown(string column, object value) =>
        (column, value) switch
        {
            (_, DBNull) => null,
            ("before" or "after", string json) => JsonNode.Parse(json),
            ("occurred_at" or "trace_parent", _) => "scrubbed",
            (_, long number) => number,
            _ => Convert.ToString(value, CultureInfo.InvariantCulture),
        };
}
