using System.Text.Json;
using FeatureFlags.Flags.Domain;

namespace FeatureFlags.UnitTests.Flags;

internal sealed class FlagDraftTests
{
    [TestCase("""{"variants":[{"key":"on","weight":1}]}""", "key")]
    [TestCase("""{"key":"-f","variants":[{"key":"on","weight":1}]}""", "key")]
    [TestCase("""{"key":"f","name":7,"variants":[{"key":"on","weight":1}]}""", "name")]
    [TestCase("""{"key":"f","tags":["a","a"],"variants":[{"key":"on","weight":1}]}""", "tags")]
    [TestCase("""{"key":"f","tags":["a",""],"variants":[{"key":"on","weight":1}]}""", "tags[1]")]
    [TestCase("""{"key":"f","metadata":[],"variants":[{"key":"on","weight":1}]}""", "metadata")]
    [TestCase("""{"key":"f","colour":1,"variants":[{"key":"on","weight":1}]}""", "colour")]
    [TestCase("""{"key":"f"}""", "variants")]
    [TestCase("[]", "")]
    public void What_is_wrong_is_named_by_its_path(string body, string path)
    {
        Assert.That(PathsWrong(body), Is.EqualTo(new[] { path }));
    }

    [Test]
    public void Everything_wrong_is_named_at_once()
    {
        var paths = PathsWrong(
            """{"key":"!","state":"maybe","description":5,"variants":[{"key":"on","weight":-1}],"tags":"web"}"""
        );

        Assert.That(paths, Is.EquivalentTo(new[] { "key", "state", "description", "variants[0].weight", "tags" }));
    }

    [Test]
    public void Texts_and_lists_have_their_limits([Values("name", "description", "tags", "metadata")] string member)
    {
        object tooMuch = member switch
        {
            "name" => new string('x', FlagDraftValidator.MaxNameLength + 1),
            "description" => new string('x', FlagDraftValidator.MaxDescriptionLength + 1),
            "tags" => Enumerable.Range(0, FlagDraftValidator.MaxTags + 1).Select(i => $"t{i}"),
            _ => new { note = new string('x', FlagDraftValidator.MaxMetadataBytes) },
        };
        var body = new Dictionary<string, object>
        {
            ["key"] = "f",
            ["variants"] = new[] { new { key = "on", weight = 1 } },
            [member] = tooMuch,
        };

        Assert.That(PathsWrong(JsonSerializer.Serialize(body)), Is.EqualTo(new[] { member }));
    }

    [Test]
    public void The_key_of_the_path_may_stand_in_the_body_and_no_other()
    {
        const string Variants = """ "variants":[{"key":"on","weight":1}]} """;
        Assert.That(PathsWrong("""{"key":"f",""" + Variants, key: "f"), Is.Empty);
        Assert.That(PathsWrong("{" + Variants, key: "f"), Is.Empty);
        Assert.That(PathsWrong("""{"key":"g",""" + Variants, key: "f"), Is.EqualTo(new[] { "key" }));
    }

    [TestCase("""[{"key":"x","weight":1},{"key":"disabled","weight":1}]""", "disabled")]
    [TestCase("""[{"key":"x","weight":1,"value":true},{"key":"y","weight":1,"value":false}]""", "y")]
    [TestCase("""[{"key":"x","weight":1},{"key":"y","weight":1}]""", "x")]
    public void The_off_variant_is_found_by_name_then_value_then_place(string variants, string offVariant)
    {
        var draft = FlagTests.Draft($$"""{"key":"f","variants":{{variants}}}""");

        Assert.That(draft.Document.GetProperty("off_variant").GetString(), Is.EqualTo(offVariant));
    }

    [TestCase("""{"key":"f","variants":[{"key":"on","weight":1}]}""", null)]
    [TestCase("""{"key":"f","variants":[{"key":"on","weight":1}],"hashing":"xxh64"}""", null)]
    [TestCase("""{"key":"f","variants":[{"key":"on","weight":1}],"hashing":"unleash"}""", "unleash")]
    public void The_hashing_scheme_is_stored_where_it_is_not_the_usual_one(string body, string? stored)
    {
        var document = FlagTests.Draft(body).Document;

        Assert.That(
            document.TryGetProperty("hashing", out var hashing) ? hashing.GetString() : null,
            Is.EqualTo(stored)
        );
        Assert.That(
            FlagDraft.Read(document).Document.GetRawText(),
            Is.EqualTo(document.GetRawText()),
            "and read again as it is"
        );
    }

    private static string[] PathsWrong(string body, string? key = null)
    {
        var draft = FlagDraft.Read(JsonDocument.Parse(body).RootElement, key);
        return [.. FlagDraftValidator.Instance.Validate(draft).Errors.Select(e => e.PropertyName).Distinct()];
    }
}
