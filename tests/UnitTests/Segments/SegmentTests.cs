using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.Segments.Domain;

namespace FeatureFlags.UnitTests.Segments;

internal sealed class SegmentTests
{
    [Test]
    public void A_new_segment_says_that_it_was_created_at_version_1()
    {
        var segment = Segment.Create(
            new Scope("acme", "production"),
            Given.Draft("""{"key":"beta","included":["b","a"],"criteria":{"attr":{"country":"CA"}}}"""),
            Given.Noon
        );

        var change = segment.Raised().Single();
        Assert.Multiple(() =>
        {
            Assert.That(change.Type, Is.EqualTo("segment.created"));
            Assert.That(change.Version, Is.EqualTo(1));
            Assert.That(change.Before, Is.Null);
            Assert.That(change.After!.Value.GetRawText(), Is.EqualTo(segment.Snapshot().GetRawText()));
        });
        Assert.That(
            segment.Snapshot().GetRawText(),
            Is.EqualTo(
                """{"key":"beta","name":"beta","description":"","criteria":{"attr":{"country":"CA"}},"included":["b","a"],"excluded":[],"version":1,"created_at":"2026-01-31T12:00:00.000Z","updated_at":"2026-01-31T12:00:00.000Z"}"""
            )
        );
    }

    [Test]
    public void Replacing_a_segment_by_what_it_is_says_nothing()
    {
        var segment = Given.Segment("""{"key":"beta","included":["b","a"],"excluded":["x"]}""");

        segment.Replace(Given.Draft(segment.Snapshot().GetRawText()), Given.Noon.AddHours(1));

        Assert.That(segment.Raised(), Is.Empty);
        Assert.That(segment.Version, Is.EqualTo(1));
        Assert.That(segment.Lists.Any(list => list.HasChanged), Is.False);
    }

    [Test]
    public void The_order_of_a_list_is_a_part_of_the_segment()
    {
        var segment = Given.Segment("""{"key":"beta","included":["a","b"]}""");

        segment.Replace(Given.Draft("""{"key":"beta","included":["b","a"]}"""), Given.Noon);

        Assert.That(segment.Snapshot().Ids("included"), Is.EqualTo(["b", "a"]));
        Assert.That(segment.Version, Is.EqualTo(2));
    }

    [Test]
    public void An_update_carries_the_segment_before_and_after()
    {
        var segment = Given.Segment("""{"key":"beta","included":["a"]}""");
        var before = segment.Snapshot();

        segment.Replace(Given.Draft("""{"key":"beta","name":"Beta","included":["a"]}"""), Given.Noon.AddHours(1));

        var change = segment.Raised().Single();
        Assert.Multiple(() =>
        {
            Assert.That(change.Type, Is.EqualTo("segment.updated"));
            Assert.That(change.Before!.Value.GetRawText(), Is.EqualTo(before.GetRawText()));
            Assert.That(change.After!.Value.GetProperty("name").GetString(), Is.EqualTo("Beta"));
            Assert.That(segment.UpdatedAt, Is.EqualTo(Given.Noon.AddHours(1)));
            Assert.That(segment.CreatedAt, Is.EqualTo(Given.Noon));
        });
    }

    [Test]
    public void A_list_that_a_replacement_leaves_out_is_emptied()
    {
        var segment = Given.Segment("""{"key":"beta","included":["a"],"excluded":["x"]}""");

        segment.Replace(Given.Draft("""{"key":"beta","excluded":["x"]}"""), Given.Noon);

        Assert.That(segment.Snapshot().Ids("included"), Is.Empty);
        Assert.That(segment.Snapshot().Ids("excluded"), Is.EqualTo(["x"]));
    }

    [Test]
    public void A_list_whose_count_stands_in_its_place_is_kept()
    {
        var segment = Given.Segment("""{"key":"beta","included":["a","b"],"excluded":["x"]}""");

        segment.Replace(Given.Draft("""{"key":"beta","included_count":2,"excluded":[]}"""), Given.Noon);

        Assert.That(segment.Snapshot().Ids("included"), Is.EqualTo(["a", "b"]));
        Assert.That(segment.Snapshot().Ids("excluded"), Is.Empty);
    }

    [Test]
    public void A_patch_keeps_lists_it_does_not_name_and_replaces_those_it_names()
    {
        var segment = Given.Segment("""{"key":"beta","included":["a"],"excluded":["x"],"criteria":{}}""");

        var patch = Given.Json("""{"included":["b","c"],"criteria":null}""");
        segment.Replace(SegmentDraft.Patch(segment, patch), Given.Noon);

        var shown = segment.Snapshot();
        Assert.Multiple(() =>
        {
            Assert.That(shown.Ids("included"), Is.EqualTo(["b", "c"]));
            Assert.That(shown.Ids("excluded"), Is.EqualTo(["x"]));
            Assert.That(shown.GetProperty("criteria").ValueKind, Is.EqualTo(JsonValueKind.Null));
        });
    }

    [Test]
    public void A_patch_with_null_empties_a_list()
    {
        var segment = Given.Segment("""{"key":"beta","included":["a"],"excluded":["x"]}""");

        segment.Replace(SegmentDraft.Patch(segment, Given.Json("""{"included":null}""")), Given.Noon);

        Assert.That(segment.Snapshot().Ids("included"), Is.Empty);
        Assert.That(segment.Snapshot().Ids("excluded"), Is.EqualTo(["x"]));
    }

    [Test]
    public void Members_are_added_at_the_end_and_removed()
    {
        var segment = Given.Segment("""{"key":"beta","included":["b","c"]}""");

        segment.ChangeMembers(
            """{"list":"included","add":["a","c"],"remove":["b","nobody"]}""",
            Given.Noon.AddHours(1)
        );

        var list = segment.List(ListName.Included);
        Assert.Multiple(() =>
        {
            Assert.That(segment.Snapshot().Ids("included"), Is.EqualTo(["c", "a"]));
            Assert.That(list.Added, Is.EqualTo(["a"]));
            Assert.That(list.Removed, Is.EqualTo(["b"]));
            Assert.That(list.Cleared, Is.False);
            Assert.That(segment.Version, Is.EqualTo(2));
            Assert.That(segment.UpdatedAt, Is.EqualTo(Given.Noon.AddHours(1)));
            Assert.That(segment.Raised().Single().Type, Is.EqualTo("segment.updated"));
        });
    }

    [Test]
    public void Adding_what_is_there_and_removing_what_is_not_says_nothing()
    {
        var segment = Given.Segment("""{"key":"beta","included":["a"]}""");

        segment.ChangeMembers("""{"list":"included","add":["a"],"remove":["nobody"]}""");

        Assert.That(segment.Raised(), Is.Empty);
        Assert.That(segment.Version, Is.EqualTo(1));
    }

    [Test]
    public void An_id_of_the_other_list_is_not_added_but_named()
    {
        var segment = Given.Segment("""{"key":"beta","excluded":["x"]}""");

        var refused = Assert.Throws<InvalidFieldsException>(() =>
            segment.ChangeMembers("""{"list":"included","add":["a","x"]}""")
        );

        Assert.That(refused!.Errors.Keys, Is.EqualTo(["add[1]"]));
        Assert.That(refused.Errors["add[1]"].Single(), Does.Contain("'x' is in 'excluded'"));
        Assert.That(segment.Raised(), Is.Empty);
    }

    [Test]
    public void To_remove_an_id_from_the_list_it_is_not_in_leaves_it_in_the_other()
    {
        var segment = Given.Segment("""{"key":"beta","excluded":["x"]}""");

        segment.ChangeMembers("""{"list":"included","remove":["x"]}""");

        Assert.That(segment.Raised(), Is.Empty);
        Assert.That(segment.Snapshot().Ids("excluded"), Is.EqualTo(["x"]));
    }

    [Test]
    public void Lists_are_shown_up_to_1000_ids_and_counted_beyond()
    {
        var segment = Large(1_000);
        Assert.That(segment.Snapshot().Ids("included"), Has.Length.EqualTo(1_000));

        segment.ChangeMembers(Given.Edit("""{"list":"included","add":["one-more"]}"""), Nobody, Given.Noon);

        var shown = segment.Snapshot();
        Assert.Multiple(() =>
        {
            Assert.That(shown.TryGetProperty("included", out _), Is.False);
            Assert.That(shown.TryGetProperty("excluded", out _), Is.False);
            Assert.That(shown.GetProperty("included_count").GetInt32(), Is.EqualTo(1_001));
            Assert.That(shown.GetProperty("excluded_count").GetInt32(), Is.EqualTo(0));
        });
    }

    [Test]
    public void Events_of_a_long_list_carry_the_counts_and_the_first_1000_ids()
    {
        var segment = Large(1_002);

        segment.ChangeMembers(
            Given.Edit("""{"list":"included","remove":["u0"]}"""),
            new Dictionary<string, ListName> { ["u0"] = ListName.Included },
            Given.Noon
        );

        var change = segment.Raised().Single();
        var (before, after) = (change.Before!.Value, change.After!.Value);
        Assert.Multiple(() =>
        {
            Assert.That(before.GetProperty("included_count").GetInt32(), Is.EqualTo(1_002));
            Assert.That(before.Ids("included"), Is.EqualTo(Users(0, 1_000)));
            Assert.That(after.GetProperty("included_count").GetInt32(), Is.EqualTo(1_001));
            Assert.That(after.Ids("included"), Is.EqualTo(Users(1, 1_000)));
            Assert.That(after.Ids("excluded"), Is.Empty);
        });
    }

    [Test]
    public void A_segment_takes_a_million_members_and_not_one_more()
    {
        var segment = Large(Segment.MaxMembers - 1);

        segment.ChangeMembers(Given.Edit("""{"list":"excluded","add":["last"]}"""), Nobody, Given.Noon);
        var refused = Assert.Throws<InvalidFieldsException>(() =>
            segment.ChangeMembers(Given.Edit("""{"list":"excluded","add":["too-many"]}"""), Nobody, Given.Noon)
        );
        var alsoRefused = Assert.Throws<InvalidFieldsException>(() =>
            segment.Replace(Given.Draft("""{"key":"beta","included_count":9,"excluded":["a","b"]}"""), Given.Noon)
        );

        Assert.That(refused!.Errors.Keys, Is.EqualTo(["add"]));
        Assert.That(alsoRefused!.Errors.Keys, Is.EqualTo(["excluded"]));
    }

    [Test]
    public void Deleting_takes_the_members_along_and_the_version_goes_on()
    {
        var segment = Given.Segment(
            """{"key":"beta","included":["a"],"criteria":{"flag":{"key":"f","variant":"on"}}}"""
        );

        segment.Delete(Given.Noon);
        var deleted = segment.Raised().Single();
        Assert.Multiple(() =>
        {
            Assert.That(deleted.Type, Is.EqualTo("segment.deleted"));
            Assert.That(deleted.Before!.Value.Ids("included"), Is.EqualTo(["a"]));
            Assert.That(deleted.After, Is.Null);
            Assert.That(segment.List(ListName.Included).Cleared, Is.True);
            Assert.That(segment.References, Is.Empty);
            Assert.That(segment.DeletedAt, Is.EqualTo(Given.Noon));
        });

        segment.Forget();
        segment.Recreate(Given.Draft("""{"key":"beta"}"""), Given.Noon.AddHours(1));
        Assert.Multiple(() =>
        {
            Assert.That(segment.Raised().Single().Type, Is.EqualTo("segment.created"));
            Assert.That(segment.Version, Is.EqualTo(3));
            Assert.That(segment.DeletedAt, Is.Null);
            Assert.That(segment.CreatedAt, Is.EqualTo(Given.Noon.AddHours(1)));
            Assert.That(segment.Snapshot().Ids("included"), Is.Empty);
        });
    }

    [Test]
    public void What_the_criteria_name_is_kept_as_references()
    {
        var segment = Given.Segment(
            """{"key":"beta","criteria":{"any":[{"segment":["staff","vip"]},{"flag":{"key":"f","variant":["on","off"]}}]}}"""
        );
        Assert.That(References(segment), Is.EquivalentTo(["staff/", "vip/", "f/on", "f/off"]));

        segment.Replace(Given.Draft("""{"key":"beta","criteria":{"segment":"vip"}}"""), Given.Noon);
        Assert.That(References(segment), Is.EqualTo(["vip/"]));
    }

    [Test]
    public void A_segment_whose_lists_were_not_read_is_not_shown_as_empty()
    {
        var segment = (Segment)Activator.CreateInstance(typeof(Segment), nonPublic: true)!;

        Assert.That(segment.Snapshot, Throws.InvalidOperationException);
    }

    private static readonly Dictionary<string, ListName> Nobody = [];

    private static IEnumerable<string> References(Segment segment) =>
        segment.References.Select(r => $"{r.TargetKey}/{r.Variant}");

    private static string[] Users(int from, int count) => [.. Enumerable.Range(from, count).Select(i => $"u{i}")];

    /// <summary>A segment that includes u0, u1, … as a change finds it in the database: with the first of them read.</summary>
    private static Segment Large(int members)
    {
        var segment = Given.Segment("""{"key":"beta"}""");
        typeof(Segment).GetProperty(nameof(Segment.IncludedCount))!.SetValue(segment, members);
        segment.SetLists(Users(0, Math.Min(members, MemberList.MaxShown + 1)), []);
        return segment;
    }
}
