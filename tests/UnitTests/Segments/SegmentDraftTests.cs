using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.Segments.Domain;

namespace FeatureFlags.UnitTests.Segments;

internal sealed class SegmentDraftTests
{
    [Test]
    public void A_key_is_enough_and_the_rest_takes_its_default()
    {
        var draft = Given.Draft("""{"key":"beta"}""");

        Assert.That(WrongFields(draft), Is.Empty);
        Assert.That(
            draft.Document.GetRawText(),
            Is.EqualTo("""{"key":"beta","name":"beta","description":"","criteria":null}""")
        );
        Assert.That(draft.Included, Is.Empty);
        Assert.That(draft.Excluded, Is.Empty);
    }

    [Test]
    public void Criteria_stay_as_they_were_written()
    {
        const string Criteria = """{"percentage":12.50,"all":[{"attr":{"n":1e2,"a":[1.0]}},{}]}""";

        var draft = Given.Draft($$"""{"criteria":{{Criteria}},"key":"beta"}""");

        Assert.That(draft.Document.GetProperty("criteria").GetRawText(), Is.EqualTo(Criteria));
    }

    [Test]
    public void Every_field_that_is_wrong_is_named_by_its_path()
    {
        var draft = Given.Draft(
            """
            {"key":"no spaces", "name":7, "description":["x"], "tags":[], "excluded":"everyone",
             "included":["a", "", 3, "a", null, "\ud800", "nul\u0000"],
             "criteria":{"all":[{"attr":{"age":{"gte":"old"}}}]}}
            """
        );

        Assert.That(
            WrongFields(draft),
            Is.EquivalentTo([
                "key",
                "name",
                "description",
                "tags",
                "excluded",
                "included[1]",
                "included[2]",
                "included[3]",
                "included[4]",
                "included[5]",
                "included[6]",
                "criteria.all[0].attr.age.gte",
            ])
        );
    }

    [TestCase("""{}""", "key")]
    [TestCase("""{"key":""}""", "key")]
    [TestCase("""[]""", "")]
    [TestCase("""{"key":"a","included":["x","y"],"excluded":["z","y"]}""", "excluded[1]")]
    [TestCase("""{"key":"a","included_count":"many"}""", "included_count")]
    [TestCase("""{"key":"a","criteria":[]}""", "criteria")]
    public void Each_is_refused_at(string body, string path) =>
        Assert.That(WrongFields(Given.Draft(body)).Distinct(), Is.EqualTo([path]));

    [Test]
    public void Limits_hold_exactly()
    {
        Assert.Multiple(() =>
        {
            Assert.That(WrongFields(Sized(name: 200, description: 2_000, ids: 1_000, idLength: 256)), Is.Empty);
            Assert.That(WrongFields(Sized(name: 201)), Is.EqualTo(["name"]));
            Assert.That(WrongFields(Sized(description: 2_001)), Is.EqualTo(["description"]));
            Assert.That(WrongFields(Sized(ids: 1_001)), Is.EqualTo(["included"]));
            Assert.That(WrongFields(Sized(ids: 1, idLength: 257)), Is.EqualTo(["included[0]"]));
        });
    }

    [Test]
    public void The_key_of_the_path_counts_and_the_body_may_only_repeat_it()
    {
        Assert.That(Given.Draft("""{"name":"Beta"}""", key: "beta").Key, Is.EqualTo("beta"));
        Assert.That(WrongFields(Given.Draft("""{"key":"beta"}""", key: "beta")), Is.Empty);
        Assert.That(WrongFields(Given.Draft("""{"key":"other"}""", key: "beta")), Is.EqualTo(["key"]));
    }

    [Test]
    public void What_a_read_adds_is_taken_and_ignored()
    {
        var draft = Given.Draft(
            """{"key":"beta","included_count":5000,"excluded_count":0,"version":"x","created_at":1,"updated_at":null}"""
        );

        Assert.That(WrongFields(draft), Is.Empty);
        Assert.That(draft.Included, Is.Null, "a count in place of its list keeps the list");
        Assert.That(draft.Excluded, Is.Null);
        Assert.That(
            draft.Document.GetRawText(),
            Is.EqualTo("""{"key":"beta","name":"beta","description":"","criteria":null}""")
        );
    }

    [Test]
    public void The_first_ids_of_a_long_list_do_not_pass_for_all_of_it()
    {
        var cutOff = Given.Draft("""{"key":"beta","included_count":5000,"included":["a"]}""");
        var whole = Given.Draft("""{"key":"beta","included_count":1,"included":["a"]}""");

        Assert.That(WrongFields(cutOff), Is.EqualTo(["included_count"]));
        Assert.That(WrongFields(whole), Is.Empty);
        Assert.That(whole.Included, Is.EqualTo(["a"]));
    }

    private static SegmentDraft Sized(int name = 1, int description = 0, int ids = 0, int idLength = 4) =>
        Given.Draft(
            JsonSerializer.Serialize(
                new
                {
                    key = "beta",
                    name = new string('n', name),
                    description = new string('d', description),
                    included = Enumerable
                        .Range(0, ids)
                        .Select(i => i.ToString("0000", System.Globalization.CultureInfo.InvariantCulture))
                        .Select(id => id.PadRight(idLength, '-')),
                }
            )
        );

    private static IEnumerable<string> WrongFields(SegmentDraft draft)
    {
        try
        {
            SegmentDraftValidator.Instance.Require(draft);
            return [];
        }
        catch (InvalidFieldsException refused)
        {
            return refused.Errors.Keys;
        }
    }
}
