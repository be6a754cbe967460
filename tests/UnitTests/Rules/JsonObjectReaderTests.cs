using System.Text.Json;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.UnitTests.Rules;

public sealed class JsonObjectReaderTests
{
    [Test]
    public void Members_are_read_by_their_type()
    {
        var (reader, problems) = Over(
            "{'t': 'a', 'n': 1.5, 'i': 2, 'b': true, 'f': false, 'o': {'x': 1}, 'l': ['a', 'b'], 'z': null}"
        );

        Assert.That(
            (reader.Text("t"), reader.Number("n"), reader.Integer("i"), reader.Boolean("b")),
            Is.EqualTo(("a", 1.5, 2, true))
        );
        Assert.That(
            (reader.RequiredText("t"), reader.RequiredNumber("n"), reader.RequiredInteger("i"), reader.Boolean("f")),
            Is.EqualTo(("a", 1.5, 2, false))
        );
        Assert.That(reader.RequiredObject("o")!.Integer("x"), Is.EqualTo(1));
        Assert.That(reader.Texts("l"), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(
            (reader.Text("z"), reader.Any("left out"), reader.Has("z"), reader.Has("left out")),
            Is.EqualTo(((string?)null, (object?)null, true, false))
        );
        Assert.That(problems.Any, Is.False);
    }

    [Test]
    public void A_wrong_member_is_a_problem_and_reads_as_left_out()
    {
        var (reader, problems) = Over(
            "{'t': 1, 'n': 'a', 'i': 2147483648, 'b': 0, 'o': [], 'l': ['a', null], 'z': null}"
        );

        Assert.That(
            new object?[]
            {
                reader.Text("t"),
                reader.Number("n"),
                reader.Integer("i"),
                reader.Boolean("b"),
                reader.Object("o"),
                reader.RequiredText("z"),
            },
            Is.All.Null
        );
        Assert.That(reader.Texts("l"), Is.EqualTo(new[] { "a" }));
        Assert.That(
            problems.Items.Select(p => $"{p.Path}: {p.Message}"),
            Is.EqualTo(
                new[]
                {
                    "t: must be text, not a number",
                    "n: must be a finite number, not text",
                    "i: must be a whole number within ±2147483647, not a number",
                    "b: must be true or false, not a number",
                    "o: must be an object, not an array",
                    "z: is required",
                    "l[1]: must be text, not null",
                }
            )
        );
        Assert.That((problems.At("t"), problems.At("x")), Is.EqualTo((true, false)));
    }

    [Test]
    public void Others_are_refused_unless_they_are_ignored()
    {
        var (reader, problems) = Over("{'a': 1, 'b': 2, 'c': 3, 'version': 3}");
        reader.Integer("a");
        reader.RequiredInteger("a");
        reader.Has("c");

        reader.RefuseOthers("version");

        Assert.That(problems.Items.Single(), Is.EqualTo(("b", "is unknown; known are: a, c")));
    }

    [Test]
    public void Text_and_names_that_the_platform_refuses_are_problems_not_exceptions()
    {
        var (reader, problems) = Over("{'t': 'a\\ud800b', 'l': ['x\\u0000', 'y'], '\\udc00': 1}");

        Assert.That(reader.Text("t"), Is.Null);
        Assert.That(reader.Texts("l"), Is.EqualTo(new[] { "y" }));
        Assert.That(problems.Items.Select(p => p.Path), Is.EqualTo(new[] { "", "t", "l[0]" }));
    }

    [TestCase("{}", "an object")]
    [TestCase("[]", "an array")]
    [TestCase("'a'", "text")]
    [TestCase("1", "a number")]
    [TestCase("true", "a boolean")]
    [TestCase("false", "a boolean")]
    [TestCase("null", "null")]
    public void A_value_is_named_by_its_kind(string json, string name) =>
        Assert.That(JsonObjectReader.Named(Given.Json(json)), Is.EqualTo(name));

    [Test]
    public void What_can_t_be_stored_is_a_problem_wherever_it_stands_in_a_value()
    {
        var (reader, problems) = Over(
            "{'fine': {'é😀': ['a', 1, null]}, 'text': '\\u0000', 'list': [1, '\\ud800'], 'name': {'a': 1, '\\udc00': 1}, 'null': null}"
        );

        Assert.That(reader.Storable("fine")?.ValueKind, Is.EqualTo(JsonValueKind.Object));
        foreach (var name in new[] { "text", "list", "name", "null", "left out" })
            Assert.That(reader.Storable(name), Is.Null);
        Assert.That(problems.Items.Select(p => p.Path), Is.EqualTo(new[] { "text", "list", "name" }));
        Assert.That(problems.Items.Select(p => p.Message), Is.All.EqualTo(JsonText.Malformed));
    }

    [Test]
    public void A_hundred_problems_are_noted_and_no_more()
    {
        var problems = new Problems();

        for (var i = 0; i < Problems.Most + 1; i++)
            problems.Add($"p{i}", "is wrong");

        Assert.That(problems.Items, Has.Count.EqualTo(Problems.Most));
        Assert.That(problems.Items[^1].Path, Is.EqualTo("p99"));
    }

    // Not as test cases, as below.
    [Test]
    public void Text_is_well_formed_without_u0000_and_with_both_halves_of_every_pair()
    {
        foreach (var text in new[] { "", "a", "é", "😀", "a😀😀b" })
            Assert.That(JsonText.IsWellFormed(text), Is.True, text);
        foreach (
            var text in new[] { "\0", "a\0b", "\ud83d", "a\ud83db", "\ud83d\ud83d\ude00", "\ude00\ud83d", "😀\ude00" }
        )
            Assert.That(JsonText.IsWellFormed(text), Is.False);
    }

    // Not as test cases: attributes are stored as UTF-8, which has no half of a surrogate pair.
    [Test]
    public void Escapes_are_read_even_where_a_surrogate_stands_alone()
    {
        Assert.That(JsonText.Of(Given.Json(@"'\ud800\u0041\n\\\/\t\r\b\f'")), Is.EqualTo("\ud800A\n\\/\t\r\b\f"));
        Assert.That(JsonText.Of(Given.Json(@"'😀\ud83d'")), Is.EqualTo("😀\ud83d"));
        Assert.That(JsonText.Of(Given.Json("'plain'")), Is.EqualTo("plain"));
        Assert.That(
            JsonText.NameOf(Given.Json(@"{'a\udc00\u0062': 1}").EnumerateObject().Single()),
            Is.EqualTo("a\udc00b")
        );
    }

    private static (JsonObjectReader, Problems) Over(string json)
    {
        var problems = new Problems();
        return (JsonObjectReader.Over(Given.Json(json), "", problems)!, problems);
    }
}
