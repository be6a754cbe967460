using System.Net;

namespace FeatureFlags.IntegrationTests.Ofrep;

internal sealed class OfrepBulkTests
{
    private static readonly object Ada = new { targetingKey = "ada", country = "CA" };

    [Test]
    public async Task Every_flag_is_answered_in_key_order_and_one_that_fails_keeps_no_other_from_it(
        [Values] Engine engine
    )
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("plain"));
        await acme.PostFlag(
            """{"key":"drawn","state":"on","variants":[{"key":"a","weight":1},{"key":"b","weight":1}]}"""
        );
        await acme.PostFlag("""{"key":"off","variants":[{"key":"a","weight":1,"value":7}]}""");

        var answer = await acme.OfrepAll(new { country = "CA" });

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.ToString());
        Assert.That(
            answer["flags"].EnumerateArray().Select(f => f.GetProperty("key").GetString()),
            Is.EqualTo(new[] { "drawn", "off", "plain" })
        );
        Assert.Multiple(() =>
        {
            Assert.That(answer.At("flags.0.errorCode"), Is.EqualTo("TARGETING_KEY_MISSING"));
            Assert.That(answer.At("flags.1.value"), Is.EqualTo("7"));
            Assert.That(answer.At("flags.2.reason"), Is.EqualTo("STATIC"));
            Assert.That(answer.At("metadata.version"), Is.EqualTo("3"));
            Assert.That(answer.At("metadata.flagSetId"), Is.EqualTo($"{acme.Tenant}/production"));
        });
    }

    [Test]
    public async Task A_flag_s_entry_is_what_is_answered_for_it_alone([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f", Sample.Rule("ca", new { attr = new { country = "CA" } })));

        var alone = await acme.Ofrep("f", Ada);
        var all = await acme.OfrepAll(Ada);

        Assert.That(all["flags"][0].GetRawText(), Is.EqualTo(alone.Text));
    }

    [Test]
    public async Task A_scope_that_nobody_wrote_to_has_no_flags()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        var answer = await acme.OfrepAll(Ada);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.ToString());
        Assert.That(answer["flags"].GetArrayLength(), Is.Zero);
        Assert.That(answer.ETag, Is.Not.Null);
    }

    [Test]
    public async Task Who_has_the_answer_already_hears_so_until_something_changes([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        var first = await acme.OfrepAll(Ada);

        var again = await acme.OfrepAll(Ada, ("If-None-Match", first.ETag!));
        Assert.That(again.Status, Is.EqualTo(HttpStatusCode.NotModified));
        Assert.That(again.ETag, Is.EqualTo(first.ETag));
        Assert.That(again.Text, Is.Empty);

        await acme.PatchFlag("f", new { state = "off" });
        var changed = await acme.OfrepAll(Ada, ("If-None-Match", first.ETag!));
        Assert.That(changed.Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(changed.ETag, Is.Not.EqualTo(first.ETag));
        Assert.That(changed.At("flags.0.reason"), Is.EqualTo("DISABLED"));
    }

    [TestCase(
        """{"targetingKey":"ada","country":"CA","device":{"os":"linux","age":1}}""",
        true,
        TestName = "as it was"
    )]
    [TestCase(
        """{"device":{"age":1,"os":"linux"},"country":"CA","targetingKey":"ada"}""",
        true,
        TestName = "another order"
    )]
    [TestCase(
        """{"targetingKey":"bob","country":"CA","device":{"os":"linux","age":1}}""",
        false,
        TestName = "another key"
    )]
    [TestCase(
        """{"targetingKey":"ada","country":"US","device":{"os":"linux","age":1}}""",
        false,
        TestName = "another value"
    )]
    [TestCase(
        """{"targetingKey":"ada","country":"CA","device":{"os":"linux","age":"1"}}""",
        false,
        TestName = "another type"
    )]
    [TestCase(
        """{"targetingKey":"ada","country":"CA","device":{"os":"linux"},"age":1}""",
        false,
        TestName = "another place"
    )]
    [TestCase(
        """{"targetingKey":"ada","country":"CA","device":{"os":"linux","age":1},"x":[]}""",
        false,
        TestName = "more"
    )]
    public async Task The_tag_covers_the_whole_context_in_whatever_order(string context, bool isSame)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        var body = """{"context":{"targetingKey":"ada","country":"CA","device":{"os":"linux","age":1}}}""";
        var first = await acme.Send(HttpMethod.Post, "/ofrep/v1/evaluate/flags", body);

        var again = await acme.Send(
            HttpMethod.Post,
            "/ofrep/v1/evaluate/flags",
            $$"""{"context":{{context}}}""",
            headers: ("If-None-Match", first.ETag!)
        );

        Assert.That(again.Status, Is.EqualTo(isSame ? HttpStatusCode.NotModified : HttpStatusCode.OK));
    }

    [Test]
    public async Task The_tag_of_one_scope_means_nothing_in_another([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        var tags = new List<string?>();

        foreach (var tenant in new[] { acme, acme.In("staging"), await service.Tenant("globex") })
        {
            await tenant.PostFlag(Sample.Flag("f"));
            tags.Add((await tenant.OfrepAll(Ada)).ETag);
        }

        Assert.That(tags, Is.Unique);
    }
}
