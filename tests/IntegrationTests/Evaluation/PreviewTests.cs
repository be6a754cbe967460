using System.Net;

namespace FeatureFlags.IntegrationTests.Evaluation;

internal sealed class PreviewTests
{
    [Test]
    public async Task It_answers_as_evaluate_does_and_says_why_each_rule_held_or_not([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostSegment(new { key = "beta", included = new[] { "u" } });
        await acme.PostFlag(
            Sample.Flag(
                "f",
                Sample.Rule("ca", new { attr = new { country = "CA" } }, order: 1),
                Sample.Rule("beta", new { segment = "beta" }, order: 2),
                Sample.Rule("rest", new { }, order: 3)
            )
        );

        var preview = await acme.Preview("f", "u", new { country = "US" });
        var evaluated = await acme.Evaluate("f", "u", new { country = "US" });

        Assert.Multiple(() =>
        {
            foreach (var member in evaluated.Json.EnumerateObject())
                Assert.That(preview[member.Name].GetRawText(), Is.EqualTo(member.Value.GetRawText()), member.Name);
            var rules = preview["explanation"].GetProperty("rules").EnumerateArray().ToList();
            Assert.That(rules.Select(r => r.GetProperty("id").GetString()), Is.EqualTo(new[] { "ca", "beta", "rest" }));
            Assert.That(preview["revision"].GetInt64(), Is.EqualTo(2));
        });
    }

    [Test]
    public async Task An_unsaved_flag_is_tried_in_place_of_the_stored_one_and_not_kept([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        await acme.PostFlag(Sample.Flag("g", Sample.Rule("r", new { flag = new { key = "f", variant = "on" } })));
        Task<Answer> Try(string key, object flag) =>
            acme.Send(
                HttpMethod.Post,
                "/v1/evaluate/preview",
                new
                {
                    flag_key = key,
                    user = new { id = "u" },
                    flag,
                }
            );

        Assert.That((await Try("f", Sample.Flag("f", Sample.Rule("all", new { })))).At("rule_id"), Is.EqualTo("all"));
        Assert.That((await Try("new", Sample.Flag("new"))).At("variant"), Is.EqualTo("off"));

        Assert.That((await acme.Evaluate("f", "u")).At("reason"), Is.EqualTo("default_distribution"));
        Assert.That((await acme.Evaluate("new", "u")).Status, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await acme.Audit())["items"].GetArrayLength(), Is.EqualTo(2));
    }

    [Test]
    public async Task What_get_gives_can_be_previewed_unsaved([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f", Sample.Rule("all", new { })));
        var stored = (await acme.GetFlag("f")).Text;

        var answer = await acme.Send(
            HttpMethod.Post,
            "/v1/evaluate/preview",
            $$$"""{"flag_key":"f","user":{"id":"u"},"flag":{{{stored}}} }"""
        );

        Assert.That(answer.At("rule_id"), Is.EqualTo("all"), answer.ToString());
    }

    [Test]
    public async Task An_unsaved_circle_is_answered_not_followed_for_ever()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        await acme.PostFlag(Sample.Flag("g", Sample.Rule("r", new { flag = new { key = "f", variant = "on" } })));
        var circle = Sample.Flag("f", Sample.Rule("r", new { flag = new { key = "g", variant = "on" } }));

        var answer = await acme.Send(
            HttpMethod.Post,
            "/v1/evaluate/preview",
            new
            {
                flag_key = "f",
                user = new { id = "u" },
                flag = circle,
            }
        );

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.ToString());
    }
}
