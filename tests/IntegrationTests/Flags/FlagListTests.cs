using System.Net;
using System.Text.Json;

namespace FeatureFlags.IntegrationTests.Flags;

internal sealed class FlagListTests
{
    [Test]
    public async Task Pages_follow_each_other_in_order_without_gap_or_repeat_while_others_write(
        [Values] Engine engine,
        [Values("key", "-key", "created_at", "-created_at", "updated_at", "-updated_at")] string sort
    )
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        string[] keys = ["B", "a", "a.b", "a-b", "a_b", "Z", "z", "10", "9"];
        foreach (var key in keys)
            await acme.PostFlag(Sample.Flag(key));
        var whole = Keys(await acme.Get($"/v1/flags?sort={sort}"));

        var seen = new List<string>();
        var next = $"/v1/flags?limit=2&sort={sort}";
        while (next is not null)
        {
            var page = await acme.Get(next);
            seen.AddRange(Keys(page));
            // A flag that sorts before the position must not push another out of sight.
            if (seen.Count == 4)
                await acme.DeleteFlag(seen[0]);
            next = page.Headers.TryGetValues("Link", out var link) ? link.Single()[1..].Split('>')[0] : null;
        }

        Assert.That(seen, Is.EqualTo(whole));
        Assert.That(seen, Is.EquivalentTo(keys));
        if (sort == "key")
            Assert.That(seen, Is.EqualTo(keys.Order(StringComparer.Ordinal)));
    }

    [Test]
    public async Task A_search_ignores_case_in_every_script_and_takes_wildcards_literally([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Named("one", "Größe ÄNDERN"));
        await acme.PostFlag(Named("two", "100% off_sale"));
        await acme.PostFlag(Named("three", "ΣΊΣΥΦΟΣ"));

        async Task<string[]> Found(string q) => Keys(await acme.Get($"/v1/flags?q={Uri.EscapeDataString(q)}"));

        Assert.That(await Found("größe änd"), Is.EqualTo(new[] { "one" }));
        Assert.That(await Found("σίσυφοσ"), Is.EqualTo(new[] { "three" }));
        Assert.That(await Found("0% OFF_"), Is.EqualTo(new[] { "two" }));
        Assert.That(await Found("%"), Is.EqualTo(new[] { "two" }));
        Assert.That(await Found("_"), Is.EqualTo(new[] { "two" }));
        Assert.That(await Found("THREE"), Is.EqualTo(new[] { "three" }));
    }

    [Test]
    public async Task A_list_is_narrowed_by_state_and_tag([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Tagged("a", "on", "web", "x"));
        await acme.PostFlag(Tagged("b", "off", "web"));
        await acme.PostFlag(Tagged("c", "on", "ios"));

        Assert.That(Keys(await acme.Get("/v1/flags?state=on")), Is.EqualTo(new[] { "a", "c" }));
        Assert.That(Keys(await acme.Get("/v1/flags?tag=web")), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(Keys(await acme.Get("/v1/flags?tag=web&state=on")), Is.EqualTo(new[] { "a" }));
        Assert.That(Keys(await acme.Get("/v1/flags?tag=we")), Is.Empty);
    }

    [TestCase("limit=0", "limit")]
    [TestCase("limit=101", "limit")]
    [TestCase("limit=ten", "limit")]
    [TestCase("limit=1&limit=2", "limit")]
    [TestCase("state=dog", "state")]
    [TestCase("sort=name", "sort")]
    [TestCase("page_token=garbage", "page_token")]
    [TestCase("page_token=WyJ4Il0", "page_token")]
    public async Task A_malformed_query_value_is_named_not_clamped(string query, string field)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        var answer = await acme.Get($"/v1/flags?{query}");

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest), answer.ToString());
        Assert.That(answer.WrongFields, Is.EqualTo(new[] { field }));
    }

    [Test]
    public async Task A_page_token_is_bound_to_its_filters()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("a"));
        await acme.PostFlag(Sample.Flag("b"));
        var token = (await acme.Get("/v1/flags?limit=1")).At("next_page_token");

        var answer = await acme.Get($"/v1/flags?limit=1&state=on&page_token={token}");

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(answer.WrongFields, Is.EqualTo(new[] { "page_token" }));
    }

    private static string[] Keys(Answer page) =>
        [.. page["items"].EnumerateArray().Select(f => f.GetProperty("key").GetString()!)];

    private static object Named(string key, string name) =>
        new
        {
            key,
            name,
            variants = new[] { new { key = "on", weight = 1 } },
        };

    private static object Tagged(string key, string state, params string[] tags) =>
        new
        {
            key,
            state,
            tags,
            variants = new[] { new { key = "on", weight = 1 } },
        };
}
