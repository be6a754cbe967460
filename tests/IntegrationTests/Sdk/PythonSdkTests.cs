using System.Net;
using System.Text.Json;
using FeatureFlags.IntegrationTests.Operations;
using FeatureFlags.IntegrationTests.Security;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Sdk;

/// <summary>The SDK for Python against the service itself; what it does in other faults is for its own tests to say.</summary>
internal sealed class PythonSdkTests
{
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(2);

    [Test]
    public async Task It_answers_as_the_service_does([Values("local", "remote")] string mode)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await Write(acme, "/v1/segments", Group("segments"));
        await Write(acme, "/v1/flags", Group("flags"));
        using var python = PythonClient.Start(mode, acme);

        foreach (var asked in Group("cases").Take(60))
        {
            var (flag, user) = (asked.GetProperty("flag_key").GetString()!, asked.GetProperty("user").GetRawText());
            var expected = await acme.Send(
                HttpMethod.Post,
                "/v1/evaluate",
                $$"""{"flag_key": "{{flag}}", "user": {{user}}}"""
            );
            var answer = await python.Evaluate(flag, user);
            foreach (var member in new[] { "variant", "value", "reason", "version" })
                Assert.That(answer.GetProperty(member).GetRawText(), Is.EqualTo(expected[member].GetRawText()), user);
            Assert.That(
                answer.GetProperty("bucket").GetDouble(),
                Is.EqualTo(expected["details"].GetProperty("bucket").GetDouble())
            );
        }
    }

    [Test]
    public async Task It_hears_of_a_change([Values("local", "remote")] string mode)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("lamp"));
        using var python = PythonClient.Start(mode, acme);
        Assert.That(await Reason(python), Is.EqualTo("default_distribution"));

        await acme.PatchFlag("lamp", new { state = "off" });

        await Eventually.Holds(async () => await Reason(python) == "flag_off", Remembered);
        Assert.That(await Problems(python), Is.Empty);
    }

    [Test]
    public async Task A_revoked_key_shows_in_its_status_and_what_it_holds_stays_in_force()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("lamp"));
        var key = await acme.ServerKey(acme.Service.Http);
        using var python = PythonClient.Start("local", acme, key.Key);
        Assert.That(await Reason(python), Is.EqualTo("default_distribution"));

        await acme.RevokeKey(key);

        await Eventually.Holds(async () => (await Problems(python)).Contains("key", StringComparison.Ordinal));
        Assert.That(await Reason(python), Is.EqualTo("default_distribution"));
    }

    [Test]
    public async Task It_answers_while_the_service_is_killed_and_follows_it_within_two_seconds_of_its_return()
    {
        await using var installation = await Installation.On(Engine.Sqlite);
        var host = await installation.Run();
        var acme = await host.Tenant("acme");
        await acme.PostFlag(Sample.Flag("lamp"));
        using var python = PythonClient.Start("local", acme, (await acme.ServerKey(host.Http)).Key);
        Assert.That(await Reason(python), Is.EqualTo("default_distribution"));

        await host.Kill();
        await Eventually.Holds(async () => await Problems(python) is not "");
        Assert.That(await Reason(python), Is.EqualTo("default_distribution"));

        // At the same address, as behind a name.
        host = await installation.Run(("ASPNETCORE_URLS", acme.Address.ToString()));
        await Eventually.Holds(() => IsConnected(python), BackWithin);
        await (await host.Tenant("acme")).PatchFlag("lamp", new { state = "off" });
        await Eventually.Holds(async () => await Reason(python) == "flag_off", BackWithin);
        Assert.That(await Problems(python), Is.Empty);
    }

    private static async Task<bool> IsConnected(PythonClient python) =>
        (await python.Status()).GetProperty("connected").GetBoolean();

    private static async Task<string?> Reason(PythonClient python) =>
        (await python.Evaluate("lamp", "\"ann\"")).GetProperty("reason").GetString();

    private static async Task<string> Problems(PythonClient python) =>
        string.Join(' ', (await python.Status()).GetProperty("problems").EnumerateArray());

    /// <summary>Flags, segments and cases of how those stand to each other.</summary>
    private static JsonElement[] Group(string member) =>
        [
            .. JsonElement
                .Parse(File.ReadAllText(Repository.File("sdks/conformance/segments.json")))
                .GetProperty("groups")[0]
                .GetProperty(member)
                .EnumerateArray(),
        ];

    private static async Task Write(TenantClient acme, string route, IEnumerable<JsonElement> definitions)
    {
        foreach (var definition in definitions)
        {
            var answer = await acme.Send(HttpMethod.Post, route, definition.GetRawText());
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Created), answer.ToString());
        }
    }
}
