using System.Net;
using System.Text.Json;

namespace FeatureFlags.IntegrationTests.Flags;

internal sealed class FlagWritingTests
{
    [Test]
    public async Task Posting_the_same_flag_again_changes_nothing_and_leaves_no_audit_entry([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        var first = await acme.PostFlag(Sample.Flag("checkout"));
        var again = await acme.PostFlag(Sample.Flag("checkout"));

        Assert.Multiple(() =>
        {
            Assert.That(first.Status, Is.EqualTo(HttpStatusCode.Created));
            Assert.That(again.Status, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(again.Text, Is.EqualTo(first.Text));
            Assert.That(again.ETag, Is.EqualTo("\"1\""));
        });
        Assert.That((await acme.Audit()).Json.GetProperty("items").GetArrayLength(), Is.EqualTo(1));
    }

    [Test]
    public async Task What_get_gives_can_be_put_back_and_changes_nothing([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout", Sample.Rule("ca", new { attr = new { country = "CA" } })));

        var read = await acme.GetFlag("checkout");
        var written = await acme.PutFlag("checkout", read.Text);

        Assert.That(written.Status, Is.EqualTo(HttpStatusCode.OK), written.ToString());
        Assert.That(written.Text, Is.EqualTo(read.Text));
    }

    [Test]
    public async Task Rules_come_back_as_they_were_written([Values] Engine engine)
    {
        const string Rules = """
            [{"order":2,"id":"b","when":{"attr":{"n":1.0,"e":1e2}},"rollout":{"distribution":[{"weight":1.50,"variant":"on"}]}},{"id":"a","order":1,"rollout":{"variant":"off"}}]
            """;
        var acme = await (await Service.On(engine)).Tenant("acme");
        var created = await acme.PostFlag(
            $$"""{"key":"f","variants":[{"key":"on","weight":1},{"key":"off","weight":1}],"rules":{{Rules.Trim()}}}"""
        );

        Assert.That(created.Status, Is.EqualTo(HttpStatusCode.Created), created.ToString());
        Assert.That((await acme.GetFlag("f")).Json.GetProperty("rules").GetRawText(), Is.EqualTo(Rules.Trim()));
    }

    [Test]
    public async Task What_a_write_leaves_out_is_filled_in_once_and_shown([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        var created = await acme.PostFlag(
            """{"key":"f","variants":[{"key":"a","weight":1,"value":1},{"key":"control","weight":1,"value":2}]}"""
        );

        Assert.Multiple(() =>
        {
            Assert.That(created.At("name"), Is.EqualTo("f"));
            Assert.That(created.At("state"), Is.EqualTo("off"));
            Assert.That(created.At("off_variant"), Is.EqualTo("control"));
            Assert.That(created.At("bucket_by"), Is.EqualTo("id"));
            Assert.That(created.At("salt"), Is.EqualTo("f"));
            Assert.That(created.At("rules"), Is.EqualTo("[]"));
        });
    }

    [Test]
    public async Task A_flag_keeps_its_hashing_until_a_write_says_otherwise([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        const string Flag =
            """{"key":"Feature.Variants.C","state":"on","hashing":"unleash","variants":[{"key":"variant1","weight":33},{"key":"variant2","weight":33},{"key":"variant3","weight":33}]}""";

        var created = await acme.PostFlag(Flag);
        var patched = await acme.PatchFlag("Feature.Variants.C", """{"description":"from Unleash"}""");
        var there = await acme.Evaluate("Feature.Variants.C", "607");
        var back = await acme.PatchFlag("Feature.Variants.C", """{"hashing":null}""");

        Assert.Multiple(() =>
        {
            Assert.That(created.At("hashing"), Is.EqualTo("unleash"));
            Assert.That(patched.At("hashing"), Is.EqualTo("unleash"));
            Assert.That(there.At("variant"), Is.EqualTo("variant2"));
            Assert.That(there.At("details.bucket"), Is.EqualTo("0.5757575757575758"));
            Assert.That(back.Json.TryGetProperty("hashing", out _), Is.False);
        });
    }

    [Test]
    public async Task A_patch_changes_what_it_names_and_null_takes_the_default([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(
            """{"key":"f","description":"d","state":"on","variants":[{"key":"on","weight":1}],"metadata":{"owner":"a","team":"b"}}"""
        );

        var patched = await acme.PatchFlag("f", """{"description":null,"metadata":{"owner":"c"}}""");

        Assert.Multiple(() =>
        {
            Assert.That(patched.At("description"), Is.EqualTo(""));
            Assert.That(patched.At("metadata.owner"), Is.EqualTo("c"));
            Assert.That(patched.At("metadata.team"), Is.EqualTo("b"));
            Assert.That(patched.At("state"), Is.EqualTo("on"));
            Assert.That(patched.ETag, Is.EqualTo("\"2\""));
        });
    }

    [Test]
    public async Task A_deleted_flag_is_gone_and_created_again_goes_on_with_its_version([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));

        Assert.That((await acme.DeleteFlag("f")).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await acme.GetFlag("f")).Status, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await acme.DeleteFlag("f")).Status, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await acme.Evaluate("f", "u")).Status, Is.EqualTo(HttpStatusCode.NotFound));

        var recreated = await acme.PostFlag(Sample.Flag("f"));
        Assert.That(recreated.Status, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(recreated.At("version"), Is.EqualTo("3"));
    }

    [Test]
    public async Task A_stale_if_match_is_refused_by_every_write_and_nothing_changes([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        await acme.PatchFlag("f", new { state = "off" });

        Answer[] refused =
        [
            await acme.PostFlag(Sample.Flag("f"), ifMatch: "\"1\""),
            await acme.PutFlag("f", Sample.Flag("f"), ifMatch: "\"1\""),
            await acme.PatchFlag("f", new { state = "on" }, ifMatch: "\"1\""),
            await acme.DeleteFlag("f", ifMatch: "\"1\""),
        ];

        Assert.That(refused.Select(r => (int)r.Status), Is.All.EqualTo(412));
        Assert.That((await acme.GetFlag("f")).At("version"), Is.EqualTo("2"));
        Assert.That((await acme.PatchFlag("f", new { state = "on" }, ifMatch: "\"2\"")).At("version"), Is.EqualTo("3"));
    }

    [Test]
    public async Task If_none_match_star_creates_only([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        Task<Answer> CreateOnly() =>
            acme.Send(HttpMethod.Post, "/v1/flags", Sample.Flag("f"), headers: ("If-None-Match", "*"));

        Assert.That((await CreateOnly()).Status, Is.EqualTo(HttpStatusCode.Created));
        Assert.That((await CreateOnly()).Status, Is.EqualTo(HttpStatusCode.PreconditionFailed));
    }

    [Test]
    public async Task A_reader_who_has_the_version_gets_304([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        var etag = (await acme.PostFlag(Sample.Flag("f"))).ETag!;

        var answer = await acme.Get("/v1/flags/f", ("If-None-Match", etag));

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.NotModified));
        Assert.That(answer.ETag, Is.EqualTo(etag));
    }

    [Test]
    public async Task A_flag_that_another_requires_can_neither_go_nor_lose_the_variant([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("base"));
        var dependent = Sample.Flag("dependent");
        dependent["prerequisites"] = new[] { new { key = "base", variant = "on" } };
        await acme.PostFlag(dependent);

        var deleted = await acme.DeleteFlag("base");
        Assert.That(deleted.Status, Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That(deleted.At("detail"), Does.Contain("'dependent'"));

        var narrowed = await acme.PutFlag("base", """{"variants":[{"key":"off","weight":1}]}""");
        Assert.That((int)narrowed.Status, Is.EqualTo(422));
        Assert.That(narrowed.WrongFields, Is.EqualTo(new[] { "variants" }));
    }

    [Test]
    public async Task A_circle_of_prerequisites_is_refused_at_the_field_that_closes_it([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("a"));
        await acme.PostFlag(Sample.Flag("b", Sample.Rule("r", new { flag = new { key = "a", variant = "on" } })));

        var closing = await acme.PatchFlag("a", new { prerequisites = new[] { new { key = "b", variant = "on" } } });

        Assert.That((int)closing.Status, Is.EqualTo(422), closing.ToString());
        Assert.That(closing.WrongFields, Has.Some.StartsWith("prerequisites[0]"));
        Assert.That(closing.Text, Does.Contain("flag 'a' → flag 'b' → flag 'a'"));
    }

    [Test]
    public async Task Of_concurrent_writers_with_one_if_match_exactly_one_wins([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(i => acme.PatchFlag("f", new { name = $"n{i}" }, ifMatch: "\"1\""))
        );

        Assert.That(answers.Count(a => a.Status == HttpStatusCode.OK), Is.EqualTo(1));
        Assert.That(answers.Count(a => (int)a.Status == 412), Is.EqualTo(15));
    }
}
