using System.Net;

namespace FeatureFlags.IntegrationTests.Evaluation;

internal sealed class BatchTests
{
    private static readonly object User = new { id = "u" };

    [Test]
    public async Task Without_keys_and_tags_it_answers_every_flag_in_key_order([Values] Engine engine)
    {
        var acme = await Flags(await Service.On(engine));

        Assert.That(Keys(await acme.Batch(new { user = User })), Is.EqualTo(new[] { "Z", "a", "b", "c" }));
    }

    [Test]
    public async Task By_keys_it_answers_those_in_their_order_and_says_which_nobody_knows([Values] Engine engine)
    {
        var acme = await Flags(await Service.On(engine));

        var answer = await acme.Batch(new { user = User, flag_keys = new[] { "c", "nobody", "a", "c" } });

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(Keys(answer), Is.EqualTo(new[] { "c", "nobody", "a", "c" }));
        Assert.That(answer.At("items.1.reason"), Is.EqualTo("error"));
        Assert.That(answer.At("items.1.details.error"), Is.EqualTo("flag_not_found"));
        Assert.That(answer.At("items.2.reason"), Is.EqualTo("default_distribution"));
    }

    [Test]
    public async Task By_tags_it_answers_flags_with_any_of_them([Values] Engine engine)
    {
        var acme = await Flags(await Service.On(engine));

        Assert.That(Keys(await acme.Batch(Tagged("web"))), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(Keys(await acme.Batch(Tagged("ios", "web"))), Is.EqualTo(new[] { "a", "b", "c" }));
        Assert.That(Keys(await acme.Batch(Tagged("WEB"))), Is.Empty);
        Assert.That(
            Keys(
                await acme.Batch(
                    new
                    {
                        user = User,
                        flag_keys = new[] { "c", "b" },
                        tags = new[] { "web" },
                    }
                )
            ),
            Is.EqualTo(new[] { "b" })
        );

        await acme.PatchFlag("a", new { tags = new[] { "ios" } });
        Assert.That(Keys(await acme.Batch(Tagged("web"))), Is.EqualTo(new[] { "b" }));
    }

    [Test]
    public async Task Each_item_is_what_evaluate_answers_and_the_revision_rises_with_each_change([Values] Engine engine)
    {
        var acme = await Flags(await Service.On(engine));

        var before = await acme.Batch(new { user = User });
        foreach (var item in before["items"].EnumerateArray())
        {
            var alone = await acme.Evaluate(item.GetProperty("flag_key").GetString()!, "u");
            Assert.That(item.GetRawText(), Is.EqualTo(alone.Text));
        }
        await acme.PatchFlag("a", new { state = "off" });

        var after = await acme.Batch(new { user = User });
        Assert.That(after["revision"].GetInt64(), Is.EqualTo(before["revision"].GetInt64() + 1));
    }

    [Test]
    public async Task One_broken_flag_fails_no_other([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await Flags(service);
        // Before anybody evaluates: rules are read when they are first asked for.
        await Break(service, "b");

        var answer = await acme.Batch(new { user = User });

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.ToString());
        Assert.That(Keys(answer), Is.EqualTo(new[] { "Z", "a", "b", "c" }));
        Assert.That(answer.At("items.1.reason"), Is.EqualTo("default_distribution"));
        Assert.That(answer.At("items.2.reason"), Is.EqualTo("error"));
        Assert.That(answer.At("items.2.variant"), Is.EqualTo("off"));
        Assert.That((await acme.Evaluate("b", "u")).At("reason"), Is.EqualTo("error"));
    }

    [Test]
    public async Task A_tenant_that_has_nothing_gets_nothing_at_revision_0([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");

        var answer = await acme.Batch(new { user = User });

        Assert.That(answer.Text, Is.EqualTo("""{"items":[],"revision":0}"""));
    }

    private static object Tagged(params string[] tags) => new { user = User, tags };

    private static string[] Keys(Answer answer) =>
        [.. answer["items"].EnumerateArray().Select(item => item.GetProperty("flag_key").GetString()!)];

    private static async Task<TenantClient> Flags(Service service)
    {
        var acme = await service.Tenant("acme");
        foreach (var (key, tags) in new[] { ("a", new[] { "web" }), ("b", ["web", "x"]), ("c", ["ios"]), ("Z", []) })
        {
            var flag = Sample.Flag(key);
            flag["tags"] = tags;
            await acme.PostFlag(flag);
        }
        return acme;
    }

    /// <summary>As a definition would be that an older version accepted and this one can't read.</summary>
    private static async Task Break(Service service, string key)
    {
        await using var connection = service.Connect();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = """
            UPDATE flags_flags SET document = replace(document, '"weight":100', '"weight":-1') WHERE key = @key
            """;
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = ("key", key);
        command.Parameters.Add(parameter);
        Assert.That(await command.ExecuteNonQueryAsync(), Is.EqualTo(1));
    }
}
