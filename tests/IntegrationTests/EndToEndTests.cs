using System.Net;

namespace FeatureFlags.IntegrationTests;

internal sealed class EndToEndTests
{
    [Test]
    public async Task A_flag_is_created_evaluated_changed_and_audited([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");

        var created = await acme.PostFlag(
            Sample.Flag("checkout", Sample.Rule("ca", new { attr = new { country = "CA" } }))
        );
        Assert.That(created.Status, Is.EqualTo(HttpStatusCode.Created), created.ToString());
        Assert.That(await acme.VariantOf("checkout", "u1", new { country = "CA" }), Is.EqualTo("on"));
        Assert.That(await acme.VariantOf("checkout", "u1", new { country = "US" }), Is.EqualTo("off"));

        var patched = await acme.PatchFlag("checkout", new { state = "off" });
        Assert.That(patched.Status, Is.EqualTo(HttpStatusCode.OK), patched.ToString());
        Assert.That(
            (await acme.Evaluate("checkout", "u1", new { country = "CA" })).At("reason"),
            Is.EqualTo("flag_off")
        );

        var audit = await acme.Audit();
        Assert.That(audit.At("items.0.action"), Is.EqualTo("update"), audit.ToString());
        Assert.That(audit.At("items.0.before.state"), Is.EqualTo("on"));
        Assert.That(audit.At("items.0.after.state"), Is.EqualTo("off"));
        Assert.That(audit.At("items.0.changes.0.path"), Is.EqualTo("/state"));
        Assert.That(audit.At("items.1.action"), Is.EqualTo("create"));
        Assert.That(audit.At("items.1.actor"), Is.EqualTo("tester"));

        var metrics = await Metrics(acme);
        Assert.That(metrics, Does.Contain("http_requests_total{path=\"/v1/evaluate\",method=\"POST\",status=\"200\"}"));
    }

    private static async Task<string> Metrics(TenantClient acme) => (await acme.Get("/metrics")).Text;
}
