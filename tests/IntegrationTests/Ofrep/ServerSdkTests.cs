using System.Text.Json;
using FeatureFlags.IntegrationTests.Security;

namespace FeatureFlags.IntegrationTests.Ofrep;

/// <summary>
/// OpenFeature's SDK for servers with its OFREP provider, both from npm, against the running service: what a program
/// gets that asks for flags.
/// </summary>
internal sealed class ServerSdkTests
{
    private static readonly object Ada = new { targetingKey = "ada", country = "CA" };

    [OneTimeSetUp]
    public void NeedThePackages() => NodeScript.NeedsPackages("ServerSdk");

    [Test]
    public async Task Every_type_of_value_arrives_with_variant_reason_and_metadata([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("boolean", Sample.Rule("ca", new { attr = new { country = "CA" } })));
        await acme.PostFlag(Valued("string", "\"blue\""));
        await acme.PostFlag(Valued("number", "1.5"));
        await acme.PostFlag(Valued("object", """{"colors":["blue",null],"deep":{"on":true}}"""));
        await using var program = Program(acme);

        var boolean = await program.Ask(new Question("boolean", "boolean", false, Ada));
        Assert.Multiple(() =>
        {
            Assert.That(boolean.GetProperty("value").GetBoolean(), Is.True);
            Assert.That(boolean.GetProperty("variant").GetString(), Is.EqualTo("on"));
            Assert.That(boolean.GetProperty("reason").GetString(), Is.EqualTo("TARGETING_MATCH"));
            Assert.That(
                boolean.GetProperty("flagMetadata").GetRawText(),
                Is.EqualTo($$"""{"version":"1","flagSetId":"{{acme.Tenant}}/production","contextId":"ada"}""")
            );
        });
        Assert.That(await ValueOf("string", "\"red\""), Is.EqualTo("\"blue\""));
        Assert.That(await ValueOf("number", "0"), Is.EqualTo("1.5"));
        Assert.That(await ValueOf("object", "{}"), Is.EqualTo("""{"colors":["blue",null],"deep":{"on":true}}"""));

        async Task<string> ValueOf(string type, string fallback)
        {
            var details = await program.Ask(new Question(type, type, JsonElement.Parse(fallback), Ada));
            Assert.That(details.GetProperty("reason").GetString(), Is.EqualTo("STATIC"), details.GetRawText());
            return details.GetProperty("value").GetRawText();
        }
    }

    [Test]
    public async Task A_disabled_flag_gives_its_off_variant()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(
            """{"key":"f","variants":[{"key":"a","weight":1,"value":"calm"},{"key":"b","weight":1,"value":"loud"}]}"""
        );
        await using var program = Program(acme);

        var details = await program.Ask(new Question("string", "f", "fallback", Ada));

        Assert.That(details.GetProperty("value").GetString(), Is.EqualTo("calm"));
        Assert.That(details.GetProperty("reason").GetString(), Is.EqualTo("DISABLED"));
    }

    [TestCase("nobody", "FLAG_NOT_FOUND")]
    [TestCase("a/b", "FLAG_NOT_FOUND")]
    [TestCase("split", "TARGETING_KEY_MISSING")]
    [TestCase("by-company", "INVALID_CONTEXT")]
    [TestCase("text", "TYPE_MISMATCH")]
    [TestCase("no-value", "GENERAL")]
    public async Task What_goes_wrong_gives_the_fallback_and_says_why(string flag, string code)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        const string two = """[{"key":"a","weight":1,"value":true},{"key":"b","weight":1,"value":false}]""";
        await acme.PostFlag($$"""{"key":"split","state":"on","variants":{{two}}}""");
        await acme.PostFlag($$"""{"key":"by-company","state":"on","bucket_by":"company","variants":{{two}}}""");
        await acme.PostFlag(Valued("text", "\"blue\""));
        await acme.PostFlag(
            """{"key":"no-value","state":"on","variants":[{"key":"a","weight":1},{"key":"b","weight":0,"value":false}]}"""
        );
        await using var program = Program(acme);

        var details = await program.Ask(new Question("boolean", flag, true, new { country = "CA" }));

        Assert.That(details.GetProperty("value").GetBoolean(), Is.True);
        Assert.That(details.GetProperty("reason").GetString(), Is.EqualTo("ERROR"));
        Assert.That(details.GetProperty("errorCode").GetString(), Is.EqualTo(code), details.GetRawText());
    }

    [Test]
    public async Task Who_is_not_let_in_gets_the_fallback()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        await using var program = Program(await acme.As("reader", "flags:r"));

        var details = await program.Ask(new Question("boolean", "f", true, Ada));

        Assert.That(details.GetProperty("value").GetBoolean(), Is.True);
        Assert.That(details.GetProperty("errorCode").GetString(), Is.EqualTo("GENERAL"));
    }

    [Test]
    public async Task An_API_key_is_all_that_it_takes([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var staging = (await service.Tenant("acme")).In("staging");
        await staging.PostFlag(Sample.Flag("f"));
        var (server, client) = (await staging.ServerKey(service.Http), await staging.ClientKey(service.Http));

        foreach (var header in new[] { server.Bearer, server.OwnHeader, client.Bearer, client.OwnHeader })
        {
            await using var program = Program(service, header);
            var details = await program.Ask(new Question("boolean", "f", true, Ada));
            Assert.That(details.GetProperty("reason").GetString(), Is.EqualTo("STATIC"), details.GetRawText());
        }
    }

    [Test]
    public async Task A_change_counts_from_the_next_question_on([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        await using var program = Program(acme);
        var question = new Question("boolean", "f", true, Ada);

        Assert.That((await program.Ask(question)).GetProperty("reason").GetString(), Is.EqualTo("STATIC"));
        await acme.PatchFlag("f", new { state = "off" });
        Assert.That((await program.Ask(question)).GetProperty("reason").GetString(), Is.EqualTo("DISABLED"));
    }

    private static string Valued(string key, string value) =>
        $$"""{"key":"{{key}}","state":"on","variants":[{"key":"v","weight":1,"value":{{value}}}]}""";

    private static NodeScript Program(TenantClient caller) =>
        Program(caller.Service, ("Authorization", $"Bearer {caller.Token}"), ("X-Tenant-ID", caller.Tenant));

    private static NodeScript Program(Service service, params (string Name, string Value)[] headers) =>
        NodeScript.Run(
            "ServerSdk",
            "ask.mjs",
            new
            {
                // With the slash that people leave at the end.
                BaseUrl = service.Http.BaseAddress!.ToString(),
                Headers = headers.ToDictionary(h => h.Name, h => h.Value),
            }
        );

    private sealed record Question(string Type, string Flag, object Fallback, object Context);
}
