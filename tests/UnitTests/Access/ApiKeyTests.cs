using System.Text;
using FeatureFlags.Access;
using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Features;
using FeatureFlags.BuildingBlocks;

namespace FeatureFlags.UnitTests.Access;

internal sealed class ApiKeyTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly KeyDraft Shop = new("Shop", KeyKind.Client, ["evaluate"], null, ["https://shop.example"]);

    [Test]
    public void Every_change_is_told_with_the_next_version()
    {
        var key = Created(Shop, out _);
        key.Replace(Shop with { Name = "Shops" }, Noon);
        key.Rotate(Secret.OfKey(KeyKind.Client), TimeSpan.FromHours(1), Noon);
        key.Revoke(Noon);

        Assert.That(
            key.Changes.Select(c => (c.Type, c.Version)),
            Is.EqualTo(
                new[]
                {
                    ("api_key.created", 1L),
                    ("api_key.updated", 2L),
                    ("api_key.rotated", 3L),
                    ("api_key.revoked", 4L),
                }
            )
        );
        Assert.That(key.Changes.Select(c => c.Type), Is.SubsetOf(new AccessModule().EventTypes));
    }

    [Test]
    public void What_changes_nothing_is_not_told()
    {
        var key = Created(Shop with { AllowedOrigins = ["https://a.example", "https://b.example"] }, out _);
        key.ForgetChanges();

        key.Replace(Shop with { AllowedOrigins = ["https://b.example", "https://a.example"] }, Noon.AddHours(1));

        Assert.That(key.Changes, Is.Empty);
        Assert.That(key.Version, Is.EqualTo(1));
        Assert.That(key.UpdatedAt, Is.EqualTo(Noon));
    }

    [Test]
    public void No_event_holds_a_text_or_its_hash()
    {
        var key = Created(Shop, out var first);
        var second = Secret.OfKey(KeyKind.Client);
        key.Rotate(second, TimeSpan.FromHours(1), Noon);
        key.Revoke(Noon);

        var told = string.Concat(key.Changes.SelectMany(c => new[] { c.Before, c.After }));

        foreach (var secret in new[] { first, second })
        {
            Assert.That(told, Does.Not.Contain(secret.Text));
            Assert.That(told, Does.Not.Contain(Convert.ToBase64String(secret.Hash())));
            Assert.That(told, Does.Not.Contain(Convert.ToHexString(secret.Hash())).IgnoreCase);
        }
        Assert.That(told, Does.Not.Contain("hash"));
    }

    [Test]
    public void A_former_text_ends_with_the_overlap_and_no_later_rotation_puts_that_off()
    {
        var key = Created(Shop, out var first);
        var (second, third) = (Secret.OfKey(KeyKind.Client), Secret.OfKey(KeyKind.Client));

        key.Rotate(second, TimeSpan.FromHours(1), Noon);
        key.Rotate(third, TimeSpan.FromHours(24), Noon.AddMinutes(1));

        Assert.That(Until(key, first), Is.EqualTo(Noon.AddHours(1)));
        Assert.That(Until(key, second), Is.EqualTo(Noon.AddMinutes(1).AddHours(24)));
        Assert.That(Until(key, third), Is.Null);
        Assert.That(key.PreviousValidUntil, Is.EqualTo(Noon.AddMinutes(1).AddHours(24)));
    }

    [Test]
    public void A_rotation_without_overlap_ends_every_former_text()
    {
        var key = Created(Shop, out var first);
        var (second, third) = (Secret.OfKey(KeyKind.Client), Secret.OfKey(KeyKind.Client));
        key.Rotate(second, TimeSpan.FromHours(1), Noon);

        key.Rotate(third, TimeSpan.Zero, Noon.AddMinutes(1));

        Assert.That(key.TermsOf(first.Hash()), Is.Null);
        Assert.That(key.TermsOf(second.Hash()), Is.Null);
        Assert.That(key.TermsOf(third.Hash()), Is.Not.Null);
        Assert.That(key.PreviousValidUntil, Is.Null);
    }

    [TestCase(null, 1, 1)]
    [TestCase(2, 1, 1)]
    [TestCase(1, 2, 1)]
    public void A_former_text_ends_with_its_key_if_that_is_sooner(int? keyEnds, int overlap, int ends)
    {
        var key = Created(Shop with { ExpiresAt = keyEnds is { } hours ? Noon.AddHours(hours) : null }, out var first);

        key.Rotate(Secret.OfKey(KeyKind.Client), TimeSpan.FromHours(overlap), Noon);

        Assert.That(Until(key, first), Is.EqualTo(Noon.AddHours(ends)));
    }

    [Test]
    public void A_revoked_key_knows_no_text()
    {
        var key = Created(Shop, out var text);

        key.Revoke(Noon);

        Assert.That(key.TermsOf(text.Hash()), Is.Null);
    }

    [Test]
    public void Of_too_many_former_texts_those_that_would_end_first_end_at_once()
    {
        var key = Created(Shop, out var first);
        List<Secret> texts = [first];

        for (var i = 0; i <= ApiKey.MostFormer; i++)
        {
            texts.Add(Secret.OfKey(KeyKind.Client));
            key.Rotate(texts[^1], TimeSpan.FromHours(24), Noon.AddMinutes(i));
        }

        Assert.That(key.Hashes, Has.Count.EqualTo(ApiKey.MostFormer + 1));
        Assert.That(key.TermsOf(first.Hash()), Is.Null);
        Assert.That(texts.Skip(1).Select(text => key.TermsOf(text.Hash())), Has.All.Not.Null);
        Assert.That(Until(key, texts[^1]), Is.Null);
    }

    // They all end together then, and which one is in use is known.
    [Test]
    public void However_short_the_overlap_the_text_that_was_good_until_now_stays_good_for_it()
    {
        var key = Created(Shop, out _);
        Secret former = null!;
        for (var i = 0; i <= ApiKey.MostFormer; i++)
            key.Rotate(former = Secret.OfKey(KeyKind.Client), TimeSpan.FromHours(24), Noon);

        key.Rotate(Secret.OfKey(KeyKind.Client), TimeSpan.FromMinutes(1), Noon);

        Assert.That(key.Hashes, Has.Count.EqualTo(ApiKey.MostFormer + 1));
        Assert.That(Until(key, former), Is.EqualTo(Noon.AddMinutes(1)));
    }

    [Test]
    public void Nothing_that_prints_an_answer_prints_a_text()
    {
        var key = Created(Shop, out var text);

        var answer = ApiKeyResponse.Of(key, text);

        Assert.That(answer.Key, Is.EqualTo(text.Text));
        Assert.That($"{answer}", Is.EqualTo(key.Id));
    }

    [TestCase(KeyKind.Server, "ff_server_")]
    [TestCase(KeyKind.Client, "ff_client_")]
    public void A_text_is_long_random_and_tells_its_kind(KeyKind kind, string prefix)
    {
        var texts = Enumerable.Range(0, 100).Select(_ => Secret.OfKey(kind).Text).ToList();

        Assert.That(texts.Distinct().Count(), Is.EqualTo(100));
        Assert.That(texts, Has.All.StartsWith(prefix).And.All.Length.EqualTo(prefix.Length + 43));
        Assert.That(texts, Has.All.Matches<string>(Secret.IsKey));
    }

    [TestCase("")]
    [TestCase("ff_")]
    [TestCase("ff_server_")]
    [TestCase("ff_server_ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [TestCase("ff_server_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=")]
    [TestCase("ff_server_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaé")]
    [TestCase("ff_server_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [TestCase("ff_other_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [TestCase("FF_SERVER_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [TestCase("eyJhbGciOiJIUzI1NiJ9.e30.c2ln")]
    public void What_has_not_the_form_of_a_key_is_none(string text) => Assert.That(Secret.IsKey(text), Is.False);

    [Test]
    public void A_text_is_known_by_the_sha_256_of_its_bytes()
    {
        var secret = Secret.OfKey(KeyKind.Server);

        Assert.That(
            FeatureFlags.Access.Tokens.CredentialHash.OfKey(secret.Text).ToBytes(),
            Is.EqualTo(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(secret.Text)))
        );
        Assert.That(secret.Hash(), Is.EqualTo(FeatureFlags.Access.Tokens.CredentialHash.OfKey(secret.Text).ToBytes()));
    }

    [Test]
    public void No_key_can_be_given_administration() => Assert.That(KeyDraft.Grantable, Does.Not.Contain("admin"));

    [Test]
    public void An_end_that_is_past_may_stay_and_may_not_be_set()
    {
        var past = Shop with { ExpiresAt = Noon.AddDays(-1) };

        Assert.DoesNotThrow(() => (past with { Name = "Shops" }).RequireFollows(past, Noon));
        Assert.Throws<InvalidFieldsException>(() => past.RequireFollows(Shop, Noon));
        Assert.Throws<InvalidFieldsException>(() => past.RequireFollows(null, Noon));
        Assert.Throws<InvalidFieldsException>(() => (Shop with { ExpiresAt = Noon }).RequireFollows(null, Noon));
    }

    private static DateTimeOffset? Until(ApiKey key, Secret text) => key.TermsOf(text.Hash())!.Until;

    private static ApiKey Created(KeyDraft draft, out Secret secret) =>
        ApiKey.Create(draft, secret = Secret.OfKey(draft.Kind), "acme", "production", Noon);
}
