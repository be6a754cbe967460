using System.Net;
using FeatureFlags.IntegrationTests.Contracts;
using FeatureFlags.IntegrationTests.Security;

namespace FeatureFlags.IntegrationTests.ChangeFeed;

/// <summary>Webhooks as they are managed.</summary>
internal sealed class WebhookTests
{
    [Test]
    public async Task Answers_are_as_agreed([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await Contract.Tenant(service, "contract-webhooks");
        var contract = new Contract();

        var created = await contract.Add(
            "created",
            acme.Send(
                HttpMethod.Post,
                "/v1/webhooks",
                """{"url":"https://example.com/hooks","event_types":["flag.updated","flag.created"],"active":false}"""
            )
        );
        var path = $"/v1/webhooks/{created.At("id")}";
        await contract.Add("read", acme.Get(path));
        await contract.Add("not modified", acme.Get(path, ("If-None-Match", created.ETag!)));
        await contract.Add("patched", acme.Send(HttpMethod.Patch, path, """{"description":"d"}"""));
        await contract.Add(
            "replaced",
            acme.Send(HttpMethod.Put, path, """{"url":"https://example.com","active":false}""")
        );
        await contract.Add("listed", acme.Get("/v1/webhooks"));
        await contract.Add("secret rotated", acme.Send(HttpMethod.Post, $"{path}/rotate-secret"));
        await contract.Add("test of an inactive one", acme.Send(HttpMethod.Post, $"{path}/test"));
        await contract.Add("deliveries", acme.Get($"{path}/deliveries"));
        await contract.Add("deleted", acme.Send(HttpMethod.Delete, path));
        await contract.Add("read again", acme.Get(path));

        await contract.Verify();
    }

    [Test]
    public async Task A_secret_is_shown_when_it_is_made_and_never_again([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");

        var created = await acme.Send(HttpMethod.Post, "/v1/webhooks", """{"url":"https://example.com"}""");
        var path = $"/v1/webhooks/{created.At("id")}";
        var rotated = await acme.Send(HttpMethod.Post, $"{path}/rotate-secret");

        Assert.That(created.At("secret"), Does.StartWith("whsec_"));
        Assert.That(rotated.At("secret"), Does.StartWith("whsec_").And.Not.EqualTo(created.At("secret")));
        Assert.That(rotated.Headers.CacheControl?.NoStore, Is.True);
        foreach (var seen in (string[])[path, "/v1/webhooks", "/v1/audit"])
            Assert.That((await acme.Get(seen)).Text, Does.Contain(created.At("id")!).And.Not.Contain("whsec_"));
    }

    [TestCase("""{}""", "url")]
    [TestCase("""{"url":7}""", "url")]
    [TestCase("""{"url":"example.com"}""", "url")]
    [TestCase("""{"url":"ftp://example.com"}""", "url")]
    [TestCase("""{"url":"https://user:pass@example.com"}""", "url")]
    [TestCase("""{"url":"https://example.com/#part"}""", "url")]
    [TestCase("""{"url":"https://example.com","event_types":[]}""", "event_types")]
    [TestCase("""{"url":"https://example.com","event_types":["flag.created","flag.exploded"]}""", "event_types[1]")]
    [TestCase("""{"url":"https://example.com","active":"yes"}""", "active")]
    [TestCase("""{"url":"https://example.com","secret":"mine"}""", "secret")]
    public async Task What_is_wrong_is_said_by_field(string body, string field)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        var answer = await acme.Send(HttpMethod.Post, "/v1/webhooks", body);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.UnprocessableEntity), answer.ToString());
        Assert.That(answer.WrongFields, Is.EqualTo(new[] { field }));
    }

    [TestCase("http://example.com")]
    [TestCase("https://127.0.0.1/hook")]
    [TestCase("https://2130706433/hook")]
    [TestCase("https://0x7f.1/hook")]
    [TestCase("https://[::1]/hook")]
    [TestCase("https://[::ffff:10.0.0.1]/hook")]
    [TestCase("https://169.254.169.254/latest/meta-data")]
    public async Task Where_private_addresses_are_not_allowed_they_are_refused(string url)
    {
        await using var service = await Service.Start(Engine.Sqlite, new() { ["WEBHOOKS_ALLOW_PRIVATE"] = "false" });
        var acme = await service.Tenant("acme");

        var answer = await acme.Send(HttpMethod.Post, "/v1/webhooks", new { url });

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.UnprocessableEntity), answer.ToString());
        Assert.That(answer.WrongFields, Is.EqualTo(new[] { "url" }));
    }

    [Test]
    public async Task A_stale_version_is_refused([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        var created = await acme.Send(HttpMethod.Post, "/v1/webhooks", """{"url":"https://example.com"}""");
        var path = $"/v1/webhooks/{created.At("id")}";
        await acme.Send(HttpMethod.Patch, path, """{"active":false}""");

        foreach (var method in (HttpMethod[])[HttpMethod.Put, HttpMethod.Patch, HttpMethod.Delete])
        {
            var body = method == HttpMethod.Delete ? null : """{"url":"https://example.com"}""";
            var answer = await acme.Send(method, path, body, ifMatch: created.ETag);
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.PreconditionFailed), $"{method}: {answer}");
        }
    }

    [Test]
    public async Task Pages_hold_each_webhook_once([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        for (var i = 0; i < 5; i++)
            await acme.Send(HttpMethod.Post, "/v1/webhooks", new { url = $"https://example.com/{i}" });

        var seen = new List<string>();
        for (var next = "/v1/webhooks?limit=2"; next is not null; )
        {
            var page = await acme.Get(next);
            seen.AddRange(page["items"].EnumerateArray().Select(w => w.GetProperty("url").GetString()!));
            next = page.At("next_page_token") is { } token ? $"/v1/webhooks?limit=2&page_token={token}" : null;
        }

        Assert.That(seen, Is.EquivalentTo(Enumerable.Range(0, 5).Select(i => $"https://example.com/{i}")));
    }
}
