using FeatureFlags.ChangeFeed.Domain;

namespace FeatureFlags.UnitTests.ChangeFeed;

internal sealed class WebhookTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void For_a_day_after_a_rotation_deliveries_are_signed_with_both_secrets()
    {
        var webhook = Example();
        var former = webhook.SecretsAt(Noon).Single();

        webhook.RotateSecret(Noon);

        var present = webhook.SecretsAt(Noon).First();
        Assert.That(present, Is.Not.EqualTo(former));
        Assert.That(webhook.SecretsAt(Noon.AddDays(1).AddMilliseconds(-1)), Is.EqualTo([present, former]));
        Assert.That(webhook.SecretsAt(Noon.AddDays(1)), Is.EqualTo([present]));
    }

    [Test]
    public void A_second_rotation_drops_the_oldest()
    {
        var webhook = Example();
        var oldest = webhook.SecretsAt(Noon).Single();

        webhook.RotateSecret(Noon);
        webhook.RotateSecret(Noon);

        Assert.That(webhook.SecretsAt(Noon).ToList(), Has.Count.EqualTo(2).And.None.EqualTo(oldest));
    }

    [TestCase("*", "segment.created", true)]
    [TestCase("flag.created", "flag.created", true)]
    [TestCase("flag.created", "flag.create", false)]
    [TestCase("flag.created,flag.deleted", "flag.deleted", true)]
    [TestCase("flag.created,flag.deleted", "flag.updated", false)]
    public void It_wants_what_it_names(string types, string type, bool wanted) =>
        Assert.That(Example(types.Split(',')).Wants(type), Is.EqualTo(wanted));

    [Test]
    public void The_order_in_which_types_are_named_is_no_difference()
    {
        var draft = new WebhookDraft("https://example.com", ["b", "a", "b"], Active: true, "");

        Assert.That(draft.SameAs(draft with { EventTypes = ["a", "b"] }), Is.True);
        Assert.That(draft.SameAs(draft with { EventTypes = ["a"] }), Is.False);
    }

    private static Webhook Example(params string[] types) =>
        Webhook.Create(
            new WebhookDraft("https://example.com", types is [] ? ["*"] : types, Active: true, ""),
            "acme",
            "production",
            Noon
        );
}
