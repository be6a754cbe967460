using FeatureFlags.Rules.Json;

namespace FeatureFlags.UnitTests.Rules;

public sealed class JsonObjectReaderTests
{
    [Test]
    public void Members_are_read_by_their_type()
    {
        var (reader, problems) = Over(
            "{'t': 'a', 'n': 1.5, 'i': 2, 'b': true, 'o': {'x': 1}, 'l': ['a', 'b'], 'z': null}"
        );

        Assert.That(
            (reader.Text("t"), reader.Number("n"), reader.Integer("i"), reader.Boolean("b")),
            Is.EqualTo(("a", 1.5, 2, true))
        );
        Assert.That(
            (reader.RequiredText("t"), reader.RequiredNumber("n"), reader.RequiredInteger("i")),
            Is.EqualTo(("a", 1.5, 2))
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
        var (reader, problems) = Over("{'a': 1, 'b': 2, 'version': 3}");
        reader.Integer("a");

        reader.RefuseOthers("version");

        Assert.That(problems.Items.Single(), Is.EqualTo(("b", "is unknown; known are: a")));
    }

    [Test]
    public void Text_and_names_that_the_platform_refuses_are_problems_not_exceptions()
    {
        var (reader, problems) = Over("{'t': 'a\\ud800b', 'l': ['x\\u0000', 'y'], '\\udc00': 1}");

        Assert.That(reader.Text("t"), Is.Null);
        Assert.That(reader.Texts("l"), Is.EqualTo(new[] { "y" }));
        Assert.That(problems.Items.Select(p => p.Path), Is.EqualTo(new[] { "", "t", "l[0]" }));
    }

    // Not as test cases: attributes are stored as UTF-8, which has no half of a surrogate pair.
    [Test]
    public void Escapes_are_read_even_where_a_surrogate_stands_alone()
    {
        Assert.That(JsonText.Of(Given.Json(@"'\ud800\u0041\n\\\/\t\r\b\f'")), Is.EqualTo("\ud800A\n\\/\t\r\b\f"));
        Assert.That(JsonText.Of(Given.Json(@"'😀\ud83d'")), Is.EqualTo("😀\ud83d"));
        Assert.That(JsonText.Of(Given.Json("'plain'")), Is.EqualTo("plain"));
    }

    private static (JsonObjectReader, Problems) Over(string json)
    {
        var problems = new Problems();
        return (JsonObjectReader.Over(Given.Json(json), "", problems)!, problems);
    }
}
