using System.Net;
using System.Net.Http.Json;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Operations;

[Parallelizable]
internal sealed class ProductionTests
{
    private const string OneSecret = "the-first-signing-key-of-this-installation-0123456789";
    private const string AnotherSecret = "the-second-signing-key-of-this-installation-987654321";
    private const string AdminSecret = "the-secret-of-the-first-client";

    [Test]
    public async Task An_installation_begins_with_its_first_client([Values] Engine engine)
    {
        await using var installation = await Production(engine);
        var host = await installation.Run();
        Assert.That(
            (await Answer.Of(await host.Http.PostAsync("/v1/auth/token", null))).Status,
            Is.EqualTo(HttpStatusCode.Unauthorized)
        );
        Assert.That((await Token(host, "first", "not the secret")).Status, Is.EqualTo(HttpStatusCode.Unauthorized));

        var admin = host.Tenant("globex", (await Token(host, "first", AdminSecret)).At("access_token")!);
        var created = await admin.Send(
            HttpMethod.Post,
            "/v1/admin/clients",
            new { name = "Shop", scopes = new[] { "flags:rw", "evaluate", "audit:r" } }
        );
        Assert.That(created.Status, Is.EqualTo(HttpStatusCode.Created), created.ToString());
        var token = (await Token(host, created.At("id")!, created.At("secret")!)).At("access_token")!;
        var shop = host.Tenant("globex", token);

        Assert.That((await shop.PostFlag(Sample.Flag("checkout"))).Status, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(await shop.VariantOf("checkout", "u1"), Is.EqualTo("off"));
        Assert.That((await shop.Audit("?entity=flag")).At("items.0.actor"), Is.EqualTo(created.At("id")));
        Assert.That((await shop.Get("/v1/segments")).Status, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That((await host.Tenant("acme", token).Get("/v1/flags")).Status, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(
            (await host.Tenant("acme", admin.Token).Get("/v1/flags"))["items"].GetArrayLength(),
            Is.Zero,
            "no demo"
        );
    }

    [Test]
    public async Task The_first_clients_secret_is_rotated_and_stays_so()
    {
        await using var installation = await Production(Engine.Sqlite);
        var host = await installation.Run();
        var admin = host.Tenant("ops", (await Token(host, "first", AdminSecret)).At("access_token")!);

        var rotated = await admin.Send(HttpMethod.Post, "/v1/admin/clients/first/rotate-secret");
        Assert.That(rotated.Status, Is.EqualTo(HttpStatusCode.OK), rotated.ToString());
        await host.Kill();
        var next = await installation.Run();

        Assert.That((await Token(next, "first", AdminSecret)).Status, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await Token(next, "first", rotated.At("secret")!)).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Tokens_outlive_a_rotation_of_the_key_until_the_previous_one_is_dropped()
    {
        await using var installation = await Production(Engine.Sqlite);
        var before = await installation.Run();
        var old = (await Token(before, "first", AdminSecret)).At("access_token")!;
        await before.Kill();

        var during = await installation.Run(("JWT_SECRET", AnotherSecret), ("JWT_SECRET_PREVIOUS", OneSecret));
        Assert.That(await FlagsBy(during, old), Is.EqualTo(HttpStatusCode.OK));
        var young = (await Token(during, "first", AdminSecret)).At("access_token")!;
        await during.Kill();

        var after = await installation.Run(("JWT_SECRET", AnotherSecret));
        Assert.That(await FlagsBy(after, young), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await FlagsBy(after, old), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    private static async Task<Installation> Production(Engine engine) =>
        (await Installation.On(engine))
            .With("ASPNETCORE_ENVIRONMENT", "Production")
            .With("JWT_SECRET", OneSecret)
            .With("ADMIN_CLIENT_ID", "first")
            .With("ADMIN_CLIENT_SECRET", AdminSecret);

    private static async Task<Answer> Token(HostProcess host, string id, string secret) =>
        await Answer.Of(
            await host.Http.PostAsJsonAsync(
                "/v1/auth/token",
                new
                {
                    grant_type = "client_credentials",
                    client_id = id,
                    client_secret = secret,
                }
            )
        );

    private static async Task<HttpStatusCode> FlagsBy(HostProcess host, string token) =>
        (await host.Tenant("globex", token).Get("/v1/flags")).Status;
}
