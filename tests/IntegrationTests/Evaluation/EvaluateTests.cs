using System.Net;
using System.Text.Json;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Evaluation;

internal sealed class EvaluateTests
{
    [Test]
    public async Task The_first_rule_that_holds_decides_by_order_not_by_place([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(
            Sample.Flag(
                "f",
                Sample.Rule("second", new { attr = new { country = "CA" } }, "off", order: 2),
                Sample.Rule("first", new { attr = new { country = "CA" } }, "on", order: 1)
            )
        );

        var answer = await acme.Evaluate("f", "u", new { country = "CA" });

        Assert.Multiple(() =>
        {
            Assert.That(answer.At("flag_key"), Is.EqualTo("f"));
            Assert.That(answer.At("reason"), Is.EqualTo("rule_match"));
            Assert.That(answer.At("rule_id"), Is.EqualTo("first"));
            Assert.That(answer.At("variant"), Is.EqualTo("on"));
            Assert.That(answer["value"].ValueKind, Is.EqualTo(JsonValueKind.True));
            Assert.That(answer.At("version"), Is.EqualTo("1"));
            Assert.That(answer["details"].GetProperty("bucket").GetDouble(), Is.InRange(0, 1));
            Assert.That(answer.Json.TryGetProperty("stale", out _), Is.False);
        });
    }

    [Test]
    public async Task Without_a_rule_that_holds_the_weights_decide([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f", Sample.Rule("ca", new { attr = new { country = "CA" } })));

        var answer = await acme.Evaluate("f", "u", new { country = "US" });

        Assert.That(answer.At("reason"), Is.EqualTo("default_distribution"));
        Assert.That(answer.At("variant"), Is.EqualTo("off"));
        Assert.That(answer.Json.TryGetProperty("rule_id", out _), Is.False);
    }

    [Test]
    public async Task An_off_flag_gives_its_off_variant_whatever_its_rules_say([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        var flag = Sample.Flag("f", Sample.Rule("everyone", new { }));
        flag["state"] = "off";
        await acme.PostFlag(flag);

        var answer = await acme.Evaluate("f", "u");

        Assert.That(answer.At("reason"), Is.EqualTo("flag_off"));
        Assert.That(answer.At("variant"), Is.EqualTo("off"));
    }

    [Test]
    public async Task A_prerequisite_that_is_off_or_gives_another_variant_is_not_met([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("base", Sample.Rule("ca", new { attr = new { country = "CA" } })));
        var dependent = Sample.Flag("dependent", Sample.Rule("everyone", new { }));
        dependent["prerequisites"] = new[] { new { key = "base", variant = "on" } };
        await acme.PostFlag(dependent);

        Assert.That((await acme.Evaluate("dependent", "u", new { country = "CA" })).At("variant"), Is.EqualTo("on"));
        var unmet = await acme.Evaluate("dependent", "u", new { country = "US" });
        Assert.That(unmet.At("reason"), Is.EqualTo("prerequisite_failed"));
        Assert.That(unmet.At("variant"), Is.EqualTo("off"));

        await acme.PatchFlag("base", new { state = "off" });
        var off = await acme.Evaluate("dependent", "u", new { country = "CA" });
        Assert.That(off.At("reason"), Is.EqualTo("prerequisite_failed"));
    }

    [Test]
    public async Task Without_a_bucket_key_a_split_is_an_error_and_a_gate_does_not_hold([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(
            """
            {"key":"f","state":"on","bucket_by":"company.id","off_variant":"a",
             "variants":[{"key":"a","weight":1},{"key":"b","weight":1}],
             "rules":[{"id":"gate","order":1,"when":{"percentage":100},"rollout":{"variant":"b"}}]}
            """
        );

        var without = await acme.Evaluate("f", "u");
        Assert.That(without.At("reason"), Is.EqualTo("error"));
        Assert.That(without.At("variant"), Is.EqualTo("a"));
        Assert.That(without.At("details.error"), Is.EqualTo("bucket_key_missing"));
        Assert.That(without["details"].TryGetProperty("bucket", out _), Is.False);

        var with = await acme.Evaluate("f", "u", new { company = new { id = 7 } });
        Assert.That(with.At("rule_id"), Is.EqualTo("gate"));
        Assert.That(with["details"].GetProperty("gate_bucket").GetDouble(), Is.InRange(0, 1));
    }

    [Test]
    public async Task Excluded_beats_included_beats_criteria([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostSegment(
            new
            {
                key = "beta",
                included = new[] { "in" },
                excluded = new[] { "out" },
                criteria = new { attr = new { country = "CA" } },
            }
        );
        await acme.PostFlag(Sample.Flag("f", Sample.Rule("beta", new { segment = "beta" })));
        var (canada, america) = (new { country = "CA" }, new { country = "US" });

        Assert.That(await acme.VariantOf("f", "in", america), Is.EqualTo("on"));
        Assert.That(await acme.VariantOf("f", "out", canada), Is.EqualTo("off"));
        Assert.That(await acme.VariantOf("f", "anyone", canada), Is.EqualTo("on"));
        Assert.That(await acme.VariantOf("f", "anyone", america), Is.EqualTo("off"));
    }

    [Test]
    public async Task A_change_of_a_flag_or_a_segment_counts_in_the_very_next_evaluation([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostSegment(new { key = "beta" });
        await acme.PostFlag(Sample.Flag("f", Sample.Rule("beta", new { segment = "beta" })));

        for (var turn = 0; turn < 5; turn++)
        {
            await acme.Send(
                HttpMethod.Patch,
                "/v1/segments/beta/members",
                new { list = "included", add = new[] { "u" } }
            );
            Assert.That(await acme.VariantOf("f", "u"), Is.EqualTo("on"));
            await acme.Send(HttpMethod.Patch, "/v1/segments/beta", new { included = Array.Empty<string>() });
            Assert.That(await acme.VariantOf("f", "u"), Is.EqualTo("off"));

            await acme.PatchFlag("f", new { state = "off" });
            Assert.That((await acme.Evaluate("f", "u")).At("reason"), Is.EqualTo("flag_off"));
            await acme.PatchFlag("f", new { state = "on" });
            Assert.That((await acme.Evaluate("f", "u")).At("reason"), Is.EqualTo("default_distribution"));
        }
    }

    [Test]
    public async Task A_flag_that_nobody_has_is_not_found_until_it_is_created([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");

        Assert.That((await acme.Evaluate("f", "u")).Status, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await acme.Preview("f", "u")).Status, Is.EqualTo(HttpStatusCode.NotFound));
        await acme.PostFlag(Sample.Flag("f"));
        Assert.That((await acme.Evaluate("f", "u")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_user_id_may_be_long_and_attributes_any_text()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f", Sample.Rule("r", new { attr = new { a = "x" } })));

        foreach (var (id, attribute) in new[] { ("🦄", """\ud800"""), (new string('u', 100_000), """\u0000""") })
        {
            var answer = await acme.Send(
                HttpMethod.Post,
                "/v1/evaluate",
                $$$"""{"flag_key":"f","user":{"attributes":{"a":"{{{attribute}}}"},"id":"{{{id}}}"} }"""
            );
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.ToString());
            Assert.That(answer.At("reason"), Is.EqualTo("default_distribution"));
        }
    }

    [Test]
    public async Task Both_engines_and_a_host_started_anew_on_the_same_database_give_the_same_answers()
    {
        using var folder = new TemporaryFolder();
        var dsns = new Dictionary<Engine, string>
        {
            [Engine.Sqlite] = $"Data Source={Path.Combine(folder.Path, "kept.db")}",
            [Engine.Postgres] = await PostgresServer.Shared.CreateDatabase(),
        };

        var answers = new List<string>();
        foreach (var (engine, dsn) in dsns)
        {
            await using (var first = await Service.Start(engine, dsn: dsn))
            {
                var acme = await TheOne(first);
                await acme.PostSegment(
                    new
                    {
                        key = "beta",
                        included = new[] { "user-3" },
                        criteria = new { percentage = 30 },
                    }
                );
                await acme.PostFlag(
                    """
                    {"key":"f","state":"on",
                     "variants":[{"key":"a","weight":1.5,"value":{"n":1.0}},{"key":"b","weight":2},{"key":"c","weight":0.25}],
                     "rules":[{"id":"beta","order":1,"when":{"segment":"beta"},"rollout":{"distribution":[{"variant":"c","weight":1},{"variant":"a","weight":2}]}},
                              {"id":"gate","order":2,"when":{"percentage":50},"rollout":{"variant":"a"}}]}
                    """
                );
                answers.Add(await AnswersOf(acme));
            }
            await using var again = await Service.Start(engine, dsn: dsn);
            answers.Add(await AnswersOf(await TheOne(again)));
        }

        Assert.That(answers.Distinct().Count(), Is.EqualTo(1), string.Join('\n', answers));
        foreach (var expected in new[] { "\"beta\"", "\"gate\"", "default_distribution" })
            Assert.That(answers[0], Does.Contain(expected), "The sample is meant to hit every way through the flag.");

        // The bucket depends on the tenant's name, so it has to be the same one.
        static async Task<TenantClient> TheOne(Service service) =>
            new(service.Http, "acme", "production", await service.Token("tester"));

        static async Task<string> AnswersOf(TenantClient acme)
        {
            var seen = new List<string>();
            for (var user = 0; user < 40; user++)
                seen.Add((await acme.Evaluate("f", $"user-{user}")).Text);
            return string.Join('\n', seen);
        }
    }

    [Test]
    public async Task A_change_on_one_node_counts_on_another_within_a_second()
    {
        var dsn = await PostgresServer.Shared.CreateDatabase();
        await using var one = await Service.Start(Engine.Postgres, dsn: dsn);
        await using var other = await Service.Start(Engine.Postgres, dsn: dsn);
        var writer = await one.Tenant("acme");
        var reader = writer.At(other.Http);
        await writer.PostFlag(Sample.Flag("f"));
        await Eventually.Holds(async () => (await reader.Evaluate("f", "u")).Status == HttpStatusCode.OK);

        foreach (var state in new[] { "off", "on", "off" })
        {
            await writer.PatchFlag("f", new { state });
            var reason = state == "off" ? "flag_off" : "default_distribution";
            await Eventually.Holds(
                async () => (await reader.Evaluate("f", "u")).At("reason") == reason,
                TimeSpan.FromSeconds(1)
            );
        }
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("featureflags-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
