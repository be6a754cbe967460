using System.Net;
using System.Text.Json;
using FeatureFlags.IntegrationTests.Operations;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Security;

internal sealed class LogTests
{
    private const string Secret = "mark-of-the-secret-0123456789-0123456789-0123456789";
    private const string User = "mark-of-the-user";
    private const string Attribute = "mark-of-the-attribute";
    private const string Query = "mark-of-the-query";
    private const string Body = "mark-of-the-broken-body";

    [Test]
    public async Task No_token_secret_or_user_attribute_is_in_the_logs_at_their_most_talkative()
    {
        await using var installation = await Installation.On(Engine.Sqlite);
        var host = await installation.Run(
            ("LOG_LEVEL", "verbose"),
            ("JWT_SECRET", Secret),
            ("ADMIN_CLIENT_ID", "first"),
            ("ADMIN_CLIENT_SECRET", $"{Secret}-of-the-client")
        );
        var token = (await Post(host, null, "/v1/auth/token", """{"sub":"tester"}""")).At("access_token")!;
        var client = await Post(host, token, "/v1/admin/clients", """{"name":"c","scopes":["evaluate"]}""");
        var clientSecret = client.At("secret")!;
        Assert.That(client.Status, Is.EqualTo(HttpStatusCode.Created), client.ToString());

        await Post(host, token, "/v1/flags", JsonSerializer.Serialize(ForUsersWith(Attribute)));
        await Post(host, token, "/v1/segments", $$"""{"key":"s","included":["{{User}}"]}""");
        foreach (var route in new[] { "", "/preview" })
        {
            var evaluated = await Post(
                host,
                token,
                $"/v1/evaluate{route}",
                $$$"""{"flag_key":"f","user":{"attributes":{"email":"{{{Attribute}}}"},"id":"{{{User}}}"} }"""
            );
            Assert.That(evaluated.At("rule_id"), Is.EqualTo("r"), evaluated.ToString());
        }
        await Post(
            host,
            token,
            "/v1/evaluate/batch",
            $$$"""{"user":{"attributes":{"e":"{{{Attribute}}}"},"id":"{{{User}}}"} }"""
        );
        await Post(
            host,
            token,
            "/v1/evaluate",
            $$$"""{"user":{"id":{"{{{User}}}":1},"attributes":"{{{Attribute}}}"}}"""
        );
        await Post(host, token, "/v1/evaluate", $$"""{"user": {{Body}}""");
        await Post(host, token, $"/v1/evaluate?user={Query}&access_token={token}", "{}");
        await Post(host, $"{token}x", "/v1/evaluate", "{}");
        await Post(host, null, "/v1/auth/token", Credentials("first", $"{Secret}-of-the-client"));
        await Post(host, null, "/v1/auth/token", Credentials("first", $"{clientSecret}-wrong"));
        await Post(host, null, "/v1/auth/token", Credentials(client.At("id")!, clientSecret));
        var admin = new TenantClient(host.Http, "acme", "production", token);
        var key = await admin.ServerKey(host.Http);
        foreach (var sent in new[] { key, key with { Key = $"{key.Key}x" } })
        {
            await sent.Evaluate("f");
            await sent.Send(HttpMethod.Get, $"/v1/flags?key={sent.Key}", null, sent.Bearer);
        }
        await admin.RotateKey(key);
        await admin.RevokeKey(key);
        await key.Evaluate("f");
        host.Terminate();
        await host.ExitCode();

        var said = string.Join('\n', host.Output.Concat(host.Errors));
        Assert.Multiple(() =>
        {
            Assert.That(said, Does.Contain("\"path\":\"/v1/evaluate/batch\""));
            foreach (
                var mark in new[]
                {
                    "mark-of",
                    "ffsecret_",
                    "ff_server_",
                    clientSecret,
                    token.Split('.')[1],
                    token.Split('.')[2],
                }
            )
                Assert.That(said, Does.Not.Contain(mark));
        });
    }

    private static Dictionary<string, object> ForUsersWith(string email) =>
        Sample.Flag("f", Sample.Rule("r", new { attr = new { email } }));

    private static string Credentials(string id, string secret) =>
        JsonSerializer.Serialize(
            new
            {
                grant_type = "client_credentials",
                client_id = id,
                client_secret = secret,
            }
        );

    private static async Task<Answer> Post(HostProcess host, string? token, string path, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Service.Json(body) };
        request.Headers.Add("X-Tenant-ID", "acme");
        if (token is not null)
            request.Headers.Add("Authorization", $"Bearer {token}");
        return await Answer.Of(await host.Http.SendAsync(request));
    }
}
