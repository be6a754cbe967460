using System.Net;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.Host.Http;
using Microsoft.Extensions.Configuration;

namespace FeatureFlags.IntegrationTests.Host;

internal sealed class RateLimitTests
{
    [Test]
    public async Task Each_tenant_has_a_limit_of_its_own_for_each_class_of_request()
    {
        await using var service = await Service.Start(
            Engine.Sqlite,
            new() { ["RATE_LIMIT_READS"] = "1", ["RATE_LIMIT_EVALUATIONS"] = "1" }
        );
        var acme = await service.Tenant("acme");
        var other = await service.Tenant("other");

        var refused = await FirstOver(() => acme.Get("/v1/flags"));

        Assert.That(refused.At("type"), Is.EqualTo("/problems/too-many-requests"), refused.ToString());
        Assert.That(refused.Headers.RetryAfter!.Delta, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(1)));
        Assert.That((await other.Get("/v1/flags")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await acme.PostFlag(Sample.Flag("f"))).Status, Is.EqualTo(HttpStatusCode.Created));
        Assert.That((await acme.Evaluate("f", "u")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(
            (await FirstOver(() => acme.Evaluate("f", "u"))).Status,
            Is.EqualTo(HttpStatusCode.TooManyRequests)
        );
        Assert.That((await service.Http.GetAsync("/healthz")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("0")]
    [TestCase("-1")]
    [TestCase("1.5")]
    [TestCase("1000001")]
    [TestCase("many")]
    public void A_limit_that_is_none_is_refused_by_name(string wrong)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new("RATE_LIMIT_WRITES", wrong)]).Build();

        Assert.That(
            () => RateLimits.From(settings),
            Throws.InstanceOf<ConfigurationException>().With.Message.Contains("RATE_LIMIT_WRITES")
        );
    }

    // The limit is one a second: a slow machine may need a few requests to be over it.
    private static async Task<Answer> FirstOver(Func<Task<Answer>> request)
    {
        Answer answer;
        var left = 50;
        do answer = await request();
        while (answer.Status == HttpStatusCode.OK && --left > 0);
        return answer;
    }
}
