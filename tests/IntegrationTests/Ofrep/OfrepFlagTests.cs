using System.Net;
using System.Text.Json;

namespace FeatureFlags.IntegrationTests.Ofrep;

internal sealed class OfrepFlagTests
{
    private static readonly object Ada = new { targetingKey = "ada", country = "CA" };

    [Test]
    public async Task A_rule_that_gives_one_variant_is_a_TARGETING_MATCH([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f", Sample.Rule("ca", new { attr = new { country = "CA" } })));

        var answer = await acme.Ofrep("f", Ada);

        Assert.That(
            answer.Text,
            Is.EqualTo(
                """{"key":"f","value":true,"reason":"TARGETING_MATCH","variant":"on","metadata":{"version":"1","""
                    + $"\"flagSetId\":\"{acme.Tenant}/production\",\"contextId\":\"ada\"}}}}"
            )
        );
        Assert.That(answer.ContentHeaders.ContentType?.ToString(), Is.EqualTo("application/json; charset=utf-8"));
    }

    [Test]
    public async Task A_split_is_a_SPLIT_by_a_rule_and_by_default([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(
            """{"key":"default","state":"on","variants":[{"key":"a","weight":1},{"key":"b","weight":1}]}"""
        );
        await acme.PostFlag(
            """
            {"key":"rule","state":"on","variants":[{"key":"a","weight":1},{"key":"b","weight":0}],"rules":[{"id":"r","order":1,
             "when":{},"rollout":{"distribution":[{"variant":"a","weight":1},{"variant":"b","weight":3}]}}]}
            """
        );

        foreach (var key in new[] { "default", "rule" })
        {
            var answer = await acme.Ofrep(key, Ada);
            Assert.That(answer.At("reason"), Is.EqualTo("SPLIT"), answer.ToString());
            Assert.That(answer.At("variant"), Is.EqualTo(await acme.VariantOf(key, "ada")), key);
        }
    }

    [Test]
    public async Task One_possible_answer_is_STATIC([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));

        var answer = await acme.Ofrep("f", Ada);

        Assert.That(answer.At("reason"), Is.EqualTo("STATIC"));
        Assert.That(answer["value"].ValueKind, Is.EqualTo(JsonValueKind.False));
    }

    [Test]
    public async Task A_flag_that_is_off_or_lacks_a_prerequisite_is_DISABLED_with_the_off_variant_s_value(
        [Values] Engine engine
    )
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(
            """{"key":"off","variants":[{"key":"a","weight":1,"value":7},{"key":"b","weight":0,"value":8}]}"""
        );
        await acme.PostFlag(
            """
            {"key":"unmet","state":"on","variants":[{"key":"a","weight":1,"value":7},{"key":"b","weight":0,"value":8}],
             "off_variant":"b","prerequisites":[{"key":"off","variant":"b"}]}
            """
        );

        foreach (var (key, value) in new[] { ("off", "7"), ("unmet", "8") })
        {
            var answer = await acme.Ofrep(key, Ada);
            Assert.That(answer.At("reason"), Is.EqualTo("DISABLED"), answer.ToString());
            Assert.That(answer.At("value"), Is.EqualTo(value), key);
        }
    }

    [TestCase("""{"key":"v","weight":1},{"key":"w","weight":0,"value":true}""", null, TestName = "none of its own")]
    [TestCase("""{"key":"v","weight":1,"value":null},{"key":"w","weight":0,"value":1}""", null, TestName = "null")]
    [TestCase("""{"key":"v","weight":1}""", "\"v\"", TestName = "of a flag without any")]
    [TestCase("""{"key":"v","weight":1,"value":"text"}""", "\"text\"", TestName = "text")]
    [TestCase("""{"key":"v","weight":1,"value":1.50}""", "1.50", TestName = "number")]
    [TestCase("""{"key":"v","weight":1,"value":{"a":[1,null]}}""", """{"a":[1,null]}""", TestName = "json")]
    public async Task The_value_is_the_variant_s_and_left_out_where_it_has_none(string variants, string? value)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag($$"""{"key":"f","state":"on","variants":[{{variants}}]}""");

        var answer = await acme.Ofrep("f", Ada);

        Assert.That(answer.At("variant"), Is.EqualTo("v"), answer.ToString());
        var has = answer.Json.TryGetProperty("value", out var answered);
        Assert.That(has ? answered.GetRawText() : null, Is.EqualTo(value));
    }

    [Test]
    public async Task A_flag_that_needs_no_key_does_without_one_and_another_says_that_it_is_missing(
        [Values] Engine engine,
        [Values("""{}""", """{"targetingKey":null}""", """{"targetingKey":""}""")] string context
    )
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("plain", Sample.Rule("ca", new { attr = new { country = "CA" } })));
        await acme.PostFlag(
            """{"key":"split","state":"on","variants":[{"key":"a","weight":1},{"key":"b","weight":1}]}"""
        );
        var given = JsonDocument.Parse(context).RootElement;

        var plain = await acme.Ofrep("plain", given);
        var split = await acme.Ofrep("split", given);

        Assert.That(plain.Status, Is.EqualTo(HttpStatusCode.OK), plain.ToString());
        Assert.That(plain["metadata"].TryGetProperty("contextId", out _), Is.False);
        IsError(split, 400, "TARGETING_KEY_MISSING", "split");
    }

    [Test]
    public async Task A_flag_split_by_something_else_asks_for_that()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(
            """{"key":"f","state":"on","bucket_by":"company.id","variants":[{"key":"a","weight":1},{"key":"b","weight":1}]}"""
        );

        var without = await acme.Ofrep("f", Ada);
        var with = await acme.Ofrep("f", new { company = new { id = 7 } });

        IsError(without, 400, "INVALID_CONTEXT", "f");
        Assert.That(without.At("errorDetails"), Does.Contain("company.id"));
        Assert.That(with.Status, Is.EqualTo(HttpStatusCode.OK), with.ToString());
    }

    [Test]
    public async Task The_targeting_key_is_the_id_of_rules_and_no_attribute()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("by-id", Sample.Rule("r", new { attr = new { id = "ada" } })));
        await acme.PostFlag(Sample.Flag("by-name", Sample.Rule("r", new { attr = new { targetingKey = "ada" } })));

        Assert.That(
            (await acme.Ofrep("by-id", new { targetingKey = "ada", id = "other" })).At("variant"),
            Is.EqualTo("on")
        );
        Assert.That((await acme.Ofrep("by-name", Ada)).At("variant"), Is.EqualTo("off"));
    }

    [TestCase("nobody", "nobody")]
    [TestCase("a%2Fb", "a/b")]
    [TestCase("a%2fb%2F", "a/b/")]
    [TestCase("a/b", "a/b")]
    [TestCase("%20", " ")]
    [TestCase("%C3%A9", "é")]
    public async Task A_key_that_no_flag_has_is_a_404_that_names_it(string inPath, string key)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        IsError(await acme.Ofrep(inPath, Ada), 404, "FLAG_NOT_FOUND", key);
    }

    [Test]
    public async Task A_base_URL_with_a_slash_at_its_end_works_as_well()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));

        var path = $"{acme.Service.Http.BaseAddress}/ofrep/v1/evaluate/flags";
        var flag = await acme.Send(HttpMethod.Post, $"{path}/f", new { context = Ada });
        var all = await acme.Send(HttpMethod.Post, path, new { context = Ada });

        Assert.That(flag.Status, Is.EqualTo(HttpStatusCode.OK), flag.ToString());
        Assert.That(all.Status, Is.EqualTo(HttpStatusCode.OK), all.ToString());
    }

    [TestCase("""{"context":{"targetingKey":"ada"},"later":1}""")]
    [TestCase("""{"context":null}""")]
    [TestCase("{}")]
    public async Task A_body_may_lack_the_context_and_have_members_that_nobody_knows_yet(string body)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));

        var answer = await acme.Send(HttpMethod.Post, "/ofrep/v1/evaluate/flags/f", body);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.ToString());
    }

    [TestCase("{", "PARSE_ERROR")]
    [TestCase("", "PARSE_ERROR")]
    [TestCase("[]", "PARSE_ERROR")]
    [TestCase("null", "PARSE_ERROR")]
    [TestCase("""{"context":{"a":1,"a":2}}""", "PARSE_ERROR")]
    [TestCase("""{"context":[]}""", "INVALID_CONTEXT")]
    [TestCase("""{"context":"ada"}""", "INVALID_CONTEXT")]
    [TestCase("""{"context":{"targetingKey":5}}""", "INVALID_CONTEXT")]
    [TestCase("""{"context":{"targetingKey":{"id":1}}}""", "INVALID_CONTEXT")]
    [TestCase("""{"context":{"targetingKey":"\ud800"}}""", "INVALID_CONTEXT")]
    [TestCase("""{"context":{"targetingKey":"\u0000"}}""", "INVALID_CONTEXT")]
    public async Task A_body_that_is_no_context_says_so_with_a_code(string body, string code)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));

        IsError(await acme.Send(HttpMethod.Post, "/ofrep/v1/evaluate/flags/f", body), 400, code, "f");
        var all = await acme.Send(HttpMethod.Post, "/ofrep/v1/evaluate/flags", body);
        Assert.That((int)all.Status, Is.EqualTo(400), all.ToString());
        Assert.That(all.At("errorCode"), Is.EqualTo(code));
        Assert.That(all.Json.TryGetProperty("key", out _), Is.False);
    }

    private static void IsError(Answer answer, int status, string code, string key)
    {
        Assert.That((int)answer.Status, Is.EqualTo(status), answer.ToString());
        Assert.That(answer.ContentHeaders.ContentType?.MediaType, Is.EqualTo("application/json"));
        Assert.That(answer.At("errorCode"), Is.EqualTo(code));
        Assert.That(answer["key"].GetString(), Is.EqualTo(key));
        Assert.That(answer["errorDetails"].GetString(), Is.Not.Empty);
    }
}
