using System.Text.Json;

namespace FeatureFlags.IntegrationTests.BadInput;

internal sealed class SegmentFieldTests
{
    private const string Valid = """{"key":"s","included":["u1"],"excluded":["u2"]}""";

    [TestCase("name", "1", "name", "must be text, not a number")]
    [TestCase("description", "{}", "description", "must be text, not an object")]
    [TestCase("state", "\"on\"", "state", "is unknown; known are: key")]
    [TestCase("included", "\"u\"", "included", "must be an array, not text")]
    [TestCase("included", "[1]", "included[0]", "must be text, not a number")]
    [TestCase("included", "[null]", "included[0]", "must be text, not null")]
    [TestCase("included", "[\"\"]", "included[0]", "must be 1 to 256 characters")]
    [TestCase("included", "[\"a\",\"b\",\"a\"]", "included[2]", "'a' stands at included[0] already")]
    [TestCase("excluded", "[\"u1\"]", "excluded[0]", "'u1' stands at included[0] too", Description = "both lists")]
    [TestCase("criteria", "[]", "criteria", "must be an object, not an array")]
    [TestCase("criteria", """{"attr":{"a":{"equals":1}}}""", "criteria.attr.a.equals", "is no operator")]
    [TestCase("criteria", """{"attr":{"a":{"matches":"("}}}""", "criteria.attr.a.matches", "")]
    [TestCase("criteria", """{"any":[{"percentage":101}]}""", "criteria.any[0].percentage", "must be from 0 to 100")]
    [TestCase("criteria", """{"segment":"nobody"}""", "criteria.segment", "there is no segment 'nobody'")]
    [TestCase(
        "criteria",
        """{"segment":"s"}""",
        "criteria.segment",
        "goes round in a circle: segment 's' → segment 's'"
    )]
    [TestCase("criteria", """{"flag":{"key":"g","variant":"on"}}""", "criteria.flag.key", "there is no flag 'g'")]
    [TestCase("criteria", """{"country":"CA"}""", "criteria.country", "is unknown")]
    public async Task One_wrong_member_is_named_by_its_path_and_nothing_is_written(
        string member,
        string json,
        string path,
        string message
    )
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        var nothing = await acme.Written();
        var segment = FieldCases.With(Valid, member, json).ToJsonString();

        FieldCases.Names(await acme.PostSegment(segment), path, message);
        Assert.That(await acme.Written(), Is.EqualTo(nothing));

        await acme.PostSegment(Valid);
        var before = await acme.Written();
        FieldCases.Names(await acme.Send(HttpMethod.Put, "/v1/segments/s", segment), path, message);
        Assert.That(await acme.Written(), Is.EqualTo(before));
    }

    [TestCase("""{"included":["u"]}""", "is required")]
    [TestCase("""{"key":1}""", "must be text, not a number")]
    [TestCase("""{"key":"a b"}""", "must be 1 to 128 of")]
    [TestCase("""{"key":"_s"}""", "must be 1 to 128 of")]
    public async Task A_key_of_the_wrong_form_is_refused(string segment, string message)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        FieldCases.Names(await acme.PostSegment(segment), "key", message);
    }

    [Test]
    public async Task More_ids_than_a_body_takes_are_refused_with_the_way_that_takes_them()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        FieldCases.Names(
            await acme.PostSegment(new { key = "s", included = Ids(1_001) }),
            "included",
            "must be at most 1000 ids; PATCH /v1/segments/{key}/members adds more"
        );
        FieldCases.Names(
            await acme.PostSegment(new { key = "s", included = new[] { new string('u', 257) } }),
            "included[0]",
            "must be 1 to 256 characters"
        );
    }

    [TestCase("""{"add":["a"]}""", "list", "is required")]
    [TestCase("""{"list":"members","add":["a"]}""", "list", "must be one of: included, excluded")]
    [TestCase("""{"list":"included"}""", "add", "is required, or remove is")]
    [TestCase("""{"list":"included","add":"a"}""", "add", "must be an array, not text")]
    [TestCase("""{"list":"included","add":["a"],"remove":["a"]}""", "remove[0]", "'a' stands at add[0] too")]
    [TestCase("""{"list":"included","add":["u2"]}""", "add[0]", "'u2' is in 'excluded'")]
    [TestCase("""{"list":"included","add":["a"],"more":1}""", "more", "is unknown")]
    public async Task A_wrong_change_of_members_is_named_and_nothing_is_written(
        string body,
        string path,
        string message
    )
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostSegment(Valid);
        var before = await acme.Written();

        FieldCases.Names(await acme.Send(HttpMethod.Patch, "/v1/segments/s/members", body), path, message);

        Assert.That(await acme.Written(), Is.EqualTo(before));
    }

    [Test]
    public async Task A_call_changes_at_most_10_000_members()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostSegment(Valid);

        var answer = await acme.Send(
            HttpMethod.Patch,
            "/v1/segments/s/members",
            new { list = "included", add = Ids(10_001) }
        );

        FieldCases.Names(answer, "", "names 10001 ids; one call takes at most 10000");
    }

    private static string[] Ids(int count) => [.. Enumerable.Range(0, count).Select(i => $"id-{i}")];
}
