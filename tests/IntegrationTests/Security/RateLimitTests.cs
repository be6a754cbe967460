using System.Globalization;

namespace FeatureFlags.IntegrationTests.Security;

internal sealed class RateLimitTests
{
    // More at once than the limit allows in a second: however slow the machine, some come too early.
    private const int Burst = 40;

    [TestCase("RATE_LIMIT_READS")]
    [TestCase("RATE_LIMIT_WRITES")]
    [TestCase("RATE_LIMIT_EVALUATIONS")]
    public async Task A_limit_holds_for_its_kind_of_requests_of_one_tenant_only(string setting)
    {
        await using var service = await Service.Start(Engine.Sqlite, new() { [setting] = "1" });
        var busy = await service.Tenant("busy");
        var quiet = await service.Tenant("quiet");
        var calls = new Dictionary<string, Func<TenantClient, Task<Answer>>>
        {
            ["RATE_LIMIT_READS"] = tenant => tenant.Get("/v1/flags"),
            ["RATE_LIMIT_WRITES"] = tenant => tenant.PostFlag(Sample.Flag("f")),
            ["RATE_LIMIT_EVALUATIONS"] = tenant => tenant.Evaluate("f", "u"),
        };

        var answers = await Task.WhenAll(Enumerable.Range(0, Burst).Select(_ => calls[setting](busy)));

        var refused = answers.Where(answer => (int)answer.Status == 429).ToList();
        Assert.That(refused, Is.Not.Empty);
        Assert.That(refused, Has.Count.LessThan(Burst), "The first goes through.");
        foreach (var answer in refused)
        {
            var wait = answer.Headers.GetValues("Retry-After").Single();
            Assert.That(int.Parse(wait, NumberStyles.None, CultureInfo.InvariantCulture), Is.Positive);
            Assert.That(answer.At("type"), Is.EqualTo("/problems/too-many-requests"));
        }
        Assert.That((int)(await calls[setting](quiet)).Status, Is.Not.EqualTo(429), "another tenant");
        foreach (var (other, call) in calls.Where(call => call.Key != setting))
        {
            var unlimited = await Task.WhenAll(Enumerable.Range(0, Burst).Select(_ => call(busy)));
            Assert.That(unlimited.Select(answer => (int)answer.Status), Has.None.EqualTo(429), other);
        }
    }

    [Test]
    public async Task Nothing_is_limited_unless_configured()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => acme.Evaluate("f", "u")));

        Assert.That(answers.Select(answer => (int)answer.Status), Is.All.EqualTo(404));
    }
}
