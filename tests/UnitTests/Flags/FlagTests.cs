using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.Flags.Domain;
using FeatureFlags.Rules;

namespace FeatureFlags.UnitTests.Flags;

internal sealed class FlagTests
{
    private static readonly Scope Acme = new("acme", "production");
    private static readonly DateTimeOffset Monday = new(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Tuesday = Monday.AddDays(1);

    [Test]
    public void Creating_a_flag_raises_its_creation_at_version_1()
    {
        var flag = Flag.Create(Acme, Draft("""{"key":"f","variants":[{"key":"on","weight":1}]}"""), Monday);

        var change = flag.Changes.Single();
        Assert.Multiple(() =>
        {
            Assert.That(change.Type, Is.EqualTo("flag.created"));
            Assert.That(change.Version, Is.EqualTo(1));
            Assert.That(change.Before, Is.Null);
            Assert.That(change.After!.Value.GetProperty("key").GetString(), Is.EqualTo("f"));
            Assert.That(
                change.After!.Value.GetProperty("created_at").GetString(),
                Is.EqualTo("2026-01-05T09:00:00.000Z")
            );
        });
    }

    [TestCase("""{"key":"f","variants":[{"key":"on","weight":1}]}""")]
    [TestCase("""{"variants":[{"weight":1.0,"key":"on"}],"key":"f","state":"off","name":"f"}""")]
    public void Writing_what_is_there_already_raises_nothing_however_it_is_spelt(string again)
    {
        var flag = Flag.Create(Acme, Draft("""{"key":"f","variants":[{"key":"on","weight":1}]}"""), Monday);
        flag.ForgetChanges();

        flag.Replace(Draft(again), Tuesday);

        Assert.That(flag.Changes, Is.Empty);
        Assert.That(flag.Version, Is.EqualTo(1));
        Assert.That(flag.UpdatedAt, Is.EqualTo(Monday));
    }

    [Test]
    public void A_change_carries_the_flag_before_and_after()
    {
        var flag = Flag.Create(Acme, Draft("""{"key":"f","variants":[{"key":"on","weight":1}]}"""), Monday);
        flag.ForgetChanges();

        flag.Replace(Draft("""{"key":"f","state":"on","variants":[{"key":"on","weight":1}]}"""), Tuesday);

        var change = flag.Changes.Single();
        Assert.Multiple(() =>
        {
            Assert.That(change.Type, Is.EqualTo("flag.updated"));
            Assert.That(State(change.Before), Is.EqualTo("off"));
            Assert.That(State(change.After), Is.EqualTo("on"));
            Assert.That(change.After!.Value.GetProperty("version").GetInt64(), Is.EqualTo(2));
            Assert.That(flag.CreatedAt, Is.EqualTo(Monday));
            Assert.That(flag.UpdatedAt, Is.EqualTo(Tuesday));
        });
    }

    [Test]
    public void A_deleted_flag_refers_to_nothing_and_comes_back_with_the_next_version()
    {
        const string Body = """
            {"key":"f","variants":[{"key":"on","weight":1}],"tags":["web"],
             "rules":[{"id":"r","order":1,"when":{"segment":"beta"},"rollout":{"variant":"on"}}]}
            """;
        var flag = Flag.Create(Acme, Draft(Body), Monday);

        flag.Delete(Tuesday);

        Assert.That(flag.DeletedAt, Is.EqualTo(Tuesday));
        Assert.That(flag.References, Is.Empty);
        Assert.That(flag.Tags, Is.Empty);

        flag.Recreate(Draft(Body), Tuesday);

        Assert.That(flag.DeletedAt, Is.Null);
        Assert.That(flag.Version, Is.EqualTo(3));
        Assert.That(flag.CreatedAt, Is.EqualTo(Tuesday));
        Assert.That(
            flag.Changes.Select(c => c.Type),
            Is.EqualTo(new[] { "flag.created", "flag.deleted", "flag.created" })
        );
    }

    [Test]
    public void References_and_tags_are_rows_that_follow_the_definition()
    {
        var flag = Flag.Create(
            Acme,
            Draft(
                """
                {"key":"f","variants":[{"key":"on","weight":1}],"tags":["web","ios"],
                 "prerequisites":[{"key":"base","variant":["a","b"]}],
                 "rules":[{"id":"r","order":1,"when":{"segment":["beta","staff"]},"rollout":{"variant":"on"}}]}
                """
            ),
            Monday
        );

        Assert.That(
            flag.References.Select(r => (r.Kind, r.TargetKey, r.Variant)),
            Is.EquivalentTo(
                new[]
                {
                    (ReferenceKind.Flag, "base", "a"),
                    (ReferenceKind.Flag, "base", "b"),
                    (ReferenceKind.Segment, "beta", ""),
                    (ReferenceKind.Segment, "staff", ""),
                }
            )
        );
        var kept = flag.Tags.Single(t => t.Tag == "web");

        flag.Replace(Draft("""{"key":"f","variants":[{"key":"on","weight":1}],"tags":["web"]}"""), Tuesday);

        Assert.That(flag.References, Is.Empty);
        Assert.That(flag.Tags.Single(), Is.SameAs(kept));
    }

    [Test]
    public void The_definition_that_evaluation_reads_is_the_stored_one_with_its_version()
    {
        var flag = Flag.Create(
            Acme,
            Draft("""{"key":"f","state":"on","variants":[{"key":"a","weight":1},{"key":"off","weight":3}]}"""),
            Monday
        );

        var definition = flag.Definition();

        Assert.Multiple(() =>
        {
            Assert.That(definition.Version, Is.EqualTo(1));
            Assert.That(definition.On, Is.True);
            Assert.That(definition.OffVariant, Is.EqualTo("off"));
            Assert.That(definition.Salt, Is.EqualTo("f"));
        });
    }

    internal static FlagDraft Draft(string json)
    {
        var draft = FlagDraft.Read(JsonDocument.Parse(json).RootElement);
        Assert.That(draft.Problems.Items, Is.Empty);
        return draft;
    }

    private static string? State(JsonElement? flag) => flag!.Value.GetProperty("state").GetString();
}
