using System.Net;
using System.Text.Json;

namespace FeatureFlags.IntegrationTests.BadInput;

internal sealed class FlagFieldTests
{
    private const string Valid =
        """{"key":"f","variants":[{"key":"a","weight":1,"value":true},{"key":"b","weight":1,"value":false}]}""";

    // Members of a flag.
    [TestCase("name", "1", "name", "must be text, not a number")]
    [TestCase("name", "{}", "name", "must be text, not an object")]
    [TestCase("description", "[]", "description", "must be text, not an array")]
    [TestCase("state", "\"maybe\"", "state", "must be on or off")]
    [TestCase("state", "true", "state", "must be text, not a boolean")]
    [TestCase("state", "\"ON\"", "state", "must be on or off")]
    [TestCase("tags", "\"web\"", "tags", "must be an array, not text")]
    [TestCase("tags", "[1]", "tags[0]", "must be text, not a number")]
    [TestCase("tags", "[\"web\",\"web\"]", "tags", "must differ")]
    [TestCase("tags", "[\"\"]", "tags[0]", "must be 1 to 64 characters")]
    [TestCase("metadata", "[]", "metadata", "must be an object")]
    [TestCase("salt", "1", "salt", "must be text, not a number")]
    [TestCase("salt", "\"\"", "salt", "must not be empty")]
    [TestCase("hashing", "\"md5\"", "hashing", "must be xxh64 or unleash")]
    [TestCase("bucket_by", "1", "bucket_by", "must be text or a list of texts, not a number")]
    [TestCase("bucket_by", "[]", "bucket_by", "must not be empty")]
    [TestCase("bucket_by", "[\"id\",1]", "bucket_by[1]", "must be text, not a number")]
    [TestCase("bucket_by", "\"a..b\"", "bucket_by", "none of them empty")]
    [TestCase("off_variant", "\"c\"", "off_variant", "must be a variant of this flag: a, b")]
    [TestCase("varients", "[]", "varients", "is unknown; known are: key, name")]
    [TestCase("deleted_at", "null", "deleted_at", "is unknown")]
    // Variants.
    [TestCase("variants", "null", "variants", "is required")]
    [TestCase("variants", "[]", "variants", "must not be empty")]
    [TestCase("variants", "{}", "variants", "must be an array, not an object")]
    [TestCase("variants", "[1]", "variants[0]", "must be an object, not a number")]
    [TestCase("variants", """[{"weight":1}]""", "variants[0].key", "is required")]
    [TestCase("variants", """[{"key":1,"weight":1}]""", "variants[0].key", "must be text, not a number")]
    [TestCase("variants", """[{"key":"a"}]""", "variants[0].weight", "is required")]
    [TestCase("variants", """[{"key":"a","weight":"1"}]""", "variants[0].weight", "must be a finite number, not text")]
    [TestCase("variants", """[{"key":"a","weight":-1}]""", "variants[0].weight", "must be from 0 to 1000000000")]
    [TestCase("variants", """[{"key":"a","weight":1000000001}]""", "variants[0].weight", "must be from 0 to")]
    [TestCase("variants", """[{"key":"a","weight":0}]""", "variants", "must have a weight above 0")]
    [TestCase("variants", """[{"key":"a","weight":1},{"key":"a","weight":1}]""", "variants[1].key", "repeats")]
    [TestCase("variants", """[{"key":"a b","weight":1}]""", "variants[0].key", "must start with a letter or digit")]
    [TestCase("variants", """[{"key":"a","weight":1,"wieght":1}]""", "variants[0].wieght", "is unknown")]
    [TestCase(
        "variants",
        """[{"key":"a","weight":1,"value":1},{"key":"b","weight":1,"value":"x"}]""",
        "variants[1].value",
        "must be a number, as the other values are, not text"
    )]
    // Rules.
    [TestCase("rules", "{}", "rules", "must be an array, not an object")]
    [TestCase("rules", "[null]", "rules[0]", "must be an object, not null")]
    [TestCase("rules", """[{"order":1,"rollout":{"variant":"a"}}]""", "rules[0].id", "is required")]
    [TestCase("rules", """[{"id":"","order":1,"rollout":{"variant":"a"}}]""", "rules[0].id", "must not be empty")]
    [TestCase("rules", """[{"id":"r","rollout":{"variant":"a"}}]""", "rules[0].order", "is required")]
    [TestCase("rules", """[{"id":"r","order":1.5,"rollout":{"variant":"a"}}]""", "rules[0].order", "whole number")]
    [TestCase("rules", """[{"id":"r","order":1}]""", "rules[0].rollout", "is required")]
    [TestCase("rules", """[{"id":"r","order":1,"rollout":"a"}]""", "rules[0].rollout", "must be an object")]
    [TestCase("rules", """[{"id":"r","order":1,"rollout":{}}]""", "rules[0].rollout", "either a variant or a")]
    [TestCase(
        "rules",
        """[{"id":"r","order":1,"rollout":{"variant":"a","distribution":[{"variant":"a","weight":1}]}}]""",
        "rules[0].rollout",
        "either a variant or a distribution"
    )]
    [TestCase(
        "rules",
        """[{"id":"r","order":1,"rollout":{"variant":"c"}}]""",
        "rules[0].rollout.variant",
        "must be a variant of this flag: a, b"
    )]
    [TestCase(
        "rules",
        """[{"id":"r","order":1,"rollout":{"distribution":[]}}]""",
        "rules[0].rollout.distribution",
        "must not be empty"
    )]
    [TestCase(
        "rules",
        """[{"id":"r","order":1,"rollout":{"distribution":[{"variant":"c","weight":1}]}}]""",
        "rules[0].rollout.distribution[0].variant",
        "must be a variant of this flag"
    )]
    [TestCase(
        "rules",
        """[{"id":"r","order":1,"rollout":{"distribution":[{"variant":"a","weight":-1},{"variant":"b","weight":2}]}}]""",
        "rules[0].rollout.distribution[0].weight",
        "must be from 0 to"
    )]
    [TestCase(
        "rules",
        """[{"id":"r","order":1,"rollout":{"distribution":[{"variant":"a","weight":0}]}}]""",
        "rules[0].rollout.distribution",
        "must have a weight above 0"
    )]
    [TestCase(
        "rules",
        """[{"id":"r","order":1,"rollout":{"variant":"a"}},{"id":"r","order":2,"rollout":{"variant":"a"}}]""",
        "rules[1].id",
        "repeats the id 'r'"
    )]
    [TestCase(
        "rules",
        """[{"id":"r","order":1,"rollout":{"variant":"a"}},{"id":"s","order":1,"rollout":{"variant":"a"}}]""",
        "rules[1].order",
        "repeats the order 1"
    )]
    [TestCase("rules", """[{"id":"r","order":1,"rollout":{"variant":"a"},"then":1}]""", "rules[0].then", "is unknown")]
    // Prerequisites.
    [TestCase("prerequisites", """[{"variant":"on"}]""", "prerequisites[0].key", "is required")]
    [TestCase("prerequisites", """[{"key":"g"}]""", "prerequisites[0].variant", "is required")]
    [TestCase("prerequisites", """[{"key":"g","variant":[]}]""", "prerequisites[0].variant", "must not be empty")]
    [TestCase("prerequisites", """[{"key":"g","variant":"on"}]""", "prerequisites[0].key", "there is no flag 'g'")]
    [TestCase("prerequisites", """[{"key":"f","variant":"a"}]""", "prerequisites[0].key", "goes round in a circle")]
    public async Task One_wrong_member_is_named_by_its_path_and_nothing_is_written(
        string member,
        string json,
        string path,
        string message
    )
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        var nothing = await acme.Written();
        var flag = FieldCases.With(Valid, member, json).ToJsonString();

        FieldCases.Names(await acme.PostFlag(flag), path, message);
        Assert.That(await acme.Written(), Is.EqualTo(nothing));

        await acme.PostFlag(Valid);
        var before = await acme.Written();
        FieldCases.Names(await acme.PutFlag("f", flag), path, message);
        // A patch keeps the stored off variant, which would be wrong too; and null takes a member's default.
        if (json != "null" && member != "variants")
            FieldCases.Names(await acme.PatchFlag("f", $$"""{"{{member}}":{{json}}}"""), path, message);
        Assert.That(await acme.Written(), Is.EqualTo(before));
    }

    [TestCase("1", "rules[0].when", "must be an object, not a number")]
    [TestCase("""{"atr":{}}""", "rules[0].when.atr", "is unknown")]
    [TestCase("""{"attr":[]}""", "rules[0].when.attr", "must be an object, not an array")]
    [TestCase("""{"attr":null}""", "rules[0].when.attr", "must not be null")]
    [TestCase("""{"attr":{"a":null}}""", "rules[0].when.attr.a", "null")]
    [TestCase("""{"attr":{"a":[]}}""", "rules[0].when.attr.a", "must not be empty")]
    [TestCase("""{"attr":{"a":{}}}""", "rules[0].when.attr.a", "must name an operator")]
    [TestCase("""{"attr":{"a":[["b"]]}}""", "rules[0].when.attr.a[0]", "must be text, a finite number or a boolean")]
    [TestCase("""{"attr":{"a..b":1}}""", "rules[0].when.attr.a..b", "none of them empty")]
    [TestCase("""{"attr":{"":1}}""", "rules[0].when.attr.", "must not be empty")]
    [TestCase("""{"attr":{"a":{"equals":1}}}""", "rules[0].when.attr.a.equals", "is no operator; there are: eq")]
    [TestCase("""{"attr":{"a":{"eq":[1]}}}""", "rules[0].when.attr.a.eq", "must be one value")]
    [TestCase("""{"attr":{"a":{"in":1}}}""", "rules[0].when.attr.a.in", "must be a list")]
    [TestCase("""{"attr":{"a":{"exists":"yes"}}}""", "rules[0].when.attr.a.exists", "must be true or false")]
    [TestCase("""{"attr":{"a":{"contains":1}}}""", "rules[0].when.attr.a.contains", "must be text, not a number")]
    [TestCase("""{"attr":{"a":{"contains":["x",1]}}}""", "rules[0].when.attr.a.contains[1]", "must be text")]
    [TestCase("""{"attr":{"a":{"matches":"("}}}""", "rules[0].when.attr.a.matches", "")]
    [TestCase("""{"attr":{"a":{"matches":"(a)\\1"}}}""", "rules[0].when.attr.a.matches", "")]
    [TestCase("""{"attr":{"a":{"matches":"(?=a)"}}}""", "rules[0].when.attr.a.matches", "")]
    [TestCase("""{"attr":{"a":{"matches":"[[:alpha:]]"}}}""", "rules[0].when.attr.a.matches", "POSIX")]
    [TestCase("""{"attr":{"a":{"gt":"1"}}}""", "rules[0].when.attr.a.gt", "must be a finite number, not text")]
    [TestCase("""{"attr":{"a":{"gt":1e400}}}""", "rules[0].when.attr.a.gt", "must be a finite number")]
    [TestCase("""{"attr":{"a":{"before":"tomorrow"}}}""", "rules[0].when.attr.a.before", "must be a time such as")]
    [TestCase("""{"attr":{"a":{"before":"2026-02-30"}}}""", "rules[0].when.attr.a.before", "must be a time such as")]
    [TestCase("""{"attr":{"a":{"semver_gt":"x"}}}""", "rules[0].when.attr.a.semver_gt", "must be a version such as")]
    [TestCase("""{"attr":{"a":{"semver_gt":["1"]}}}""", "rules[0].when.attr.a.semver_gt", "must be one version")]
    [TestCase("""{"attr":{"a":{"size_gt":-1}}}""", "rules[0].when.attr.a.size_gt", "must be a whole number from 0")]
    [TestCase("""{"attr":{"a":{"has_any":"x"}}}""", "rules[0].when.attr.a.has_any", "must be a list")]
    [TestCase("""{"attr":{"a":{"ip_in":"10.0.0.0/33"}}}""", "rules[0].when.attr.a.ip_in", "must be a CIDR block")]
    [TestCase("""{"attr":{"a":{"gt":1,"ignore_case":true}}}""", "rules[0].when.attr.a.ignore_case", "beside")]
    [TestCase("""{"attr":{"a":{"eq":"x","ignore_case":1}}}""", "rules[0].when.attr.a.ignore_case", "true or false")]
    [TestCase("""{"attr":{"a":{"eq":"x","numeric":true}}}""", "rules[0].when.attr.a.numeric", "must stand beside")]
    [TestCase("""{"percentage":-1}""", "rules[0].when.percentage", "must be from 0 to 100")]
    [TestCase("""{"percentage":100.1}""", "rules[0].when.percentage", "must be from 0 to 100")]
    [TestCase("""{"percentage":"5"}""", "rules[0].when.percentage", "must be a finite number, not text")]
    [TestCase("""{"by":"id"}""", "rules[0].when.by", "must stand beside percentage")]
    [TestCase("""{"salt":"s"}""", "rules[0].when.salt", "must stand beside percentage")]
    [TestCase("""{"percentage":5,"salt":""}""", "rules[0].when.salt", "must not be empty")]
    [TestCase("""{"segment":1}""", "rules[0].when.segment", "must be text or a list of texts")]
    [TestCase("""{"segment":[]}""", "rules[0].when.segment", "must not be empty")]
    [TestCase("""{"segment":["a",2]}""", "rules[0].when.segment[1]", "must be text, not a number")]
    [TestCase("""{"segment":"nobody"}""", "rules[0].when.segment", "there is no segment 'nobody'")]
    [TestCase("""{"segment":["nobody"]}""", "rules[0].when.segment[0]", "there is no segment 'nobody'")]
    [TestCase("""{"flag":"g"}""", "rules[0].when.flag", "must be an object, not text")]
    [TestCase("""{"flag":{"key":"g"}}""", "rules[0].when.flag.variant", "is required")]
    [TestCase("""{"flag":{"key":"g","variant":"on","on":1}}""", "rules[0].when.flag.on", "is unknown")]
    [TestCase("""{"flag":{"key":"g","variant":"on"}}""", "rules[0].when.flag.key", "there is no flag 'g'")]
    [TestCase("""{"flag":{"key":"f","variant":"a"}}""", "rules[0].when.flag.key", "goes round in a circle")]
    [TestCase("""{"all":[]}""", "rules[0].when.all", "must not be empty")]
    [TestCase("""{"any":{}}""", "rules[0].when.any", "must be an array, not an object")]
    [TestCase("""{"any":[{},{"percentage":101}]}""", "rules[0].when.any[1].percentage", "must be from 0 to 100")]
    [TestCase("""{"not":[]}""", "rules[0].when.not", "must be an object, not an array")]
    [TestCase("""{"not":{"all":[{"attr":{"a":{"no":1}}}]}}""", "rules[0].when.not.all[0].attr.a.no", "no operator")]
    public async Task One_wrong_condition_is_named_by_its_path(string when, string path, string message)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        var rules = $$"""[{"id":"r","order":1,"rollout":{"variant":"a"},"when":{{when}} }]""";

        FieldCases.Names(await acme.PostFlag(FieldCases.With(Valid, "rules", rules).ToJsonString()), path, message);
    }

    [TestCase("""{"variants":[{"key":"a","weight":1}]}""", "is required")]
    [TestCase("""{"key":null,"variants":[{"key":"a","weight":1}]}""", "is required")]
    [TestCase("""{"key":5,"variants":[{"key":"a","weight":1}]}""", "must be text, not a number")]
    [TestCase("""{"key":"","variants":[{"key":"a","weight":1}]}""", "must be 1 to 128 of")]
    [TestCase("""{"key":"-f","variants":[{"key":"a","weight":1}]}""", "must be 1 to 128 of")]
    [TestCase("""{"key":"f/g","variants":[{"key":"a","weight":1}]}""", "must be 1 to 128 of")]
    [TestCase("""{"key":"é","variants":[{"key":"a","weight":1}]}""", "must be 1 to 128 of")]
    public async Task A_key_of_the_wrong_form_is_refused(string flag, string message)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        FieldCases.Names(await acme.PostFlag(flag), "key", message);
    }

    [Test]
    public async Task A_key_has_up_to_128_characters()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        Assert.That((await acme.PostFlag(Sample.Flag(new('k', 128)))).Status, Is.EqualTo(HttpStatusCode.Created));
        FieldCases.Names(await acme.PostFlag(Sample.Flag(new('k', 129))), "key", "must be 1 to 128 of");
    }

    [Test]
    public async Task A_key_can_not_be_changed()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(Valid);

        FieldCases.Names(await acme.PutFlag("f", FieldCases.With(Valid, "key", "\"g\"").ToJsonString()), "key", "'f'");
        FieldCases.Names(await acme.PatchFlag("f", """{"key":"g"}"""), "key", "must be 'f'");
    }

    [TestCaseSource(nameof(OverALimit))]
    public async Task Over_a_documented_limit_is_refused(string member, string json, string path, string message)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        FieldCases.Names(await acme.PostFlag(FieldCases.With(Valid, member, json).ToJsonString()), path, message);
    }

    [Test]
    public async Task Everything_that_is_wrong_is_named_at_once()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        var answer = await acme.PostFlag(
            """{"key":"f","state":"maybe","variants":[{"key":"a","weight":-1}],"rules":[{"order":"x"}],"more":1}"""
        );

        Assert.That(
            answer.WrongFields,
            Is.EquivalentTo(
                new[] { "state", "variants[0].weight", "rules[0].id", "rules[0].order", "rules[0].rollout", "more" }
            ),
            answer.ToString()
        );
    }

    [Test]
    public async Task Removing_a_variant_that_another_flag_or_a_segment_asks_for_is_refused([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Valid);
        await acme.PostFlag(Sample.Flag("g", Sample.Rule("r", new { flag = new { key = "f", variant = "a" } })));
        await acme.PostSegment(new { key = "s", criteria = new { flag = new { key = "f", variant = "a" } } });
        var before = await acme.Written();

        var answer = await acme.PatchFlag("f", """{"variants":[{"key":"b","weight":1}]}""");

        FieldCases.Names(answer, "variants", "variant 'a' is required by flag 'g'");
        FieldCases.Names(answer, "variants", "variant 'a' is required by segment 's'");
        Assert.That(await acme.Written(), Is.EqualTo(before));
    }

    [Test]
    public async Task A_variant_that_the_other_flag_has_not_is_refused()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(Valid);

        var rule = Sample.Rule("r", new { flag = new { key = "f", variant = new[] { "a", "c" } } });
        FieldCases.Names(
            await acme.PostFlag(Sample.Flag("g", rule)),
            "rules[0].when.flag.variant",
            "flag 'f' has no variant 'c'"
        );
    }

    [Test]
    public async Task A_circle_through_a_segment_is_refused_from_either_side([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await acme.PostFlag(Valid);
        await acme.PostSegment(new { key = "s", criteria = new { flag = new { key = "f", variant = "a" } } });

        FieldCases.Names(
            await acme.PatchFlag("f", new { rules = new[] { Sample.Rule("r", new { segment = "s" }, "a") } }),
            "rules[0].when.segment",
            "goes round in a circle: flag 'f' → segment 's' → flag 'f'"
        );

        await acme.PostSegment(new { key = "t" });
        await acme.PatchFlag("f", new { rules = new[] { Sample.Rule("r", new { segment = "t" }, "a") } });
        FieldCases.Names(
            await acme.Send(HttpMethod.Patch, "/v1/segments/t", new { criteria = new { segment = "s" } }),
            "criteria.segment",
            "goes round in a circle: segment 't' → segment 's' → flag 'f' → segment 't'"
        );
    }

    private static IEnumerable<TestCaseData> OverALimit()
    {
        yield return Limit("name", Text(201), "name", "at most 200 characters");
        yield return Limit("description", Text(2_001), "description", "at most 2000 characters");
        yield return Limit("salt", Text(129), "salt", "at most 128 characters");
        yield return Limit("tags", List(51, i => Text($"t{i}")), "tags", "at most 50");
        yield return Limit("tags", $"[{Text(65)}]", "tags[0]", "1 to 64 characters");
        yield return Limit("metadata", $$"""{"a":{{Text(16 * 1024)}}}""", "metadata", "at most 16384 bytes");
        yield return Limit("bucket_by", List(11, i => Text($"a{i}")), "bucket_by", "at most 10 elements");
        yield return Limit(
            "variants",
            List(101, i => $$"""{"key":"v{{i}}","weight":1}"""),
            "variants",
            "at most 100 elements"
        );
        yield return Limit("rules", List(501, i => RuleWith("{}", i)), "rules", "at most 500 elements");
        yield return Limit(
            "prerequisites",
            List(51, i => $$"""{"key":"g{{i}}","variant":"on"}"""),
            "prerequisites",
            "at most 50 elements"
        );
        var inside = $"{string.Concat(Enumerable.Repeat("""{"not":""", 10))}{{}}{new string('}', 10)}";
        yield return Limit(
            "rules",
            $"[{RuleWith(inside, 1)}]",
            $"rules[0].when{string.Concat(Enumerable.Repeat(".not", 10))}",
            "must not stand inside more than 9 other conditions"
        );
        var regex = $$"""{"attr":{"a":{"matches":{{Text(1_001)}} } } }""";
        yield return Limit("rules", $"[{RuleWith(regex, 1)}]", "rules[0].when.attr.a.matches", "1000 characters");
    }

    private static TestCaseData Limit(string member, string json, string path, string message) =>
        new TestCaseData(member, json, path, message).SetArgDisplayNames(member, message);

    private static string RuleWith(string when, int i) =>
        $$"""{"id":"r{{i}}","order":{{i}},"rollout":{"variant":"a"},"when":{{when}} }""";

    private static string Text(int length) => Text(new string('x', length));

    private static string Text(string text) => JsonSerializer.Serialize(text);

    private static string List(int count, Func<int, string> element) =>
        $"[{string.Join(',', Enumerable.Range(0, count).Select(element))}]";
}
