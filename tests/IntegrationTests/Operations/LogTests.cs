using System.Text.Json;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Operations;

internal sealed class LogTests
{
    private static readonly string[] Members =
    [
        "timestamp",
        "level",
        "message",
        "path",
        "method",
        "status",
        "tenant",
        "request_id",
        "duration_ms",
        "trace_id",
    ];

    [Test]
    public async Task Each_request_is_one_line_within_a_second_and_nothing_private_is_in_any()
    {
        const string Attribute = "an-attribute-of-nobodys-business";
        await using var installation = await Installation.On(Engine.Sqlite);
        // Everything there is to log, and more than anyone runs with.
        var host = await installation.Run(("LOG_LEVEL", "verbose"), ("JWT_SECRET", Service.JwtSecret));
        var acme = await host.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));

        var answer = await acme.Send(
            HttpMethod.Post,
            $"/v1/evaluate?secret={Attribute}",
            new
            {
                flag_key = "checkout",
                user = new { id = $"user-{Attribute}", attributes = new { email = Attribute } },
            },
            headers: ("X-Request-ID", "request-0815")
        );
        await Eventually.Holds(() => LineOf(host, "request-0815") is not null, TimeSpan.FromSeconds(1));
        var line = LineOf(host, "request-0815")!.Value;
        var created = await acme.Send(
            HttpMethod.Post,
            "/v1/admin/clients",
            new { name = "Shop", scopes = new[] { "evaluate" } }
        );
        host.Terminate();
        await host.ExitCode();

        Assert.That(answer.Headers.GetValues("X-Request-ID"), Is.EqualTo(["request-0815"]));
        Assert.That(line.GetProperty("path").GetString(), Is.EqualTo("/v1/evaluate"));
        Assert.That(line.GetProperty("method").GetString(), Is.EqualTo("POST"));
        Assert.That(line.GetProperty("status").GetInt32(), Is.EqualTo((int)answer.Status));
        Assert.That(line.GetProperty("tenant").GetString(), Is.EqualTo("acme"));
        Assert.That(line.GetProperty("level").GetString(), Is.EqualTo("information"));
        Assert.That(line.GetProperty("duration_ms").GetDouble(), Is.Positive);
        Assert.That(line.GetProperty("trace_id").GetString(), Has.Length.EqualTo(32));
        foreach (var text in host.Output)
        {
            var log = JsonDocument.Parse(text).RootElement;
            Assert.That(log.EnumerateObject().Select(member => member.Name), Is.SupersetOf(Members), text);
            Assert.That(log.GetProperty("timestamp").GetDateTimeOffset().Offset, Is.EqualTo(TimeSpan.Zero), text);
            Assert.That(text, Does.Not.Contain(acme.Token).And.Not.Contain(Service.JwtSecret));
            Assert.That(text, Does.Not.Contain(Attribute).And.Not.Contain(created.At("secret")));
        }
    }

    private static JsonElement? LineOf(HostProcess host, string requestId) =>
        host
            .Output.Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("request_id").GetString() == requestId)
            .Where(line => line.GetProperty("status").ValueKind == JsonValueKind.Number)
            .Cast<JsonElement?>()
            .SingleOrDefault();
}
