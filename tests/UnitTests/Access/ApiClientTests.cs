using System.Text.Json;
using FeatureFlags.Access.Domain;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Domain;
using FeatureFlags.BuildingBlocks.Http;

namespace FeatureFlags.UnitTests.Access;

internal sealed class ApiClientTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly ClientDraft Pipeline = new("Pipeline", ["flags:rw"], ["acme"], Active: true);

    [Test]
    public void Every_change_is_told_with_the_next_version()
    {
        var client = ApiClient.Create(Pipeline, Secret.OfClient(), "acme", Noon);
        client.Replace(Pipeline with { Name = "Deployments" }, "acme", Noon);
        client.RotateSecret(Secret.OfClient(), "acme", Noon);
        client.Delete("acme", Noon);

        Assert.That(
            client.Changes.Select(c => (c.Type, c.Version)),
            Is.EqualTo(
                new[]
                {
                    ("client.created", 1L),
                    ("client.updated", 2L),
                    ("client.secret_rotated", 3L),
                    ("client.deleted", 4L),
                }
            )
        );
    }

    [Test]
    public void The_module_says_every_type_of_event_that_a_client_raises() =>
        Assert.That(
            new FeatureFlags.Access.AccessModule().EventTypes.Where(type =>
                type.StartsWith("client.", StringComparison.Ordinal)
            ),
            Is.EquivalentTo(["client.created", "client.updated", "client.secret_rotated", "client.deleted"])
        );

    [Test]
    public void What_changes_nothing_is_not_told()
    {
        var client = Created(Pipeline with { Scopes = ["flags:r", "evaluate"], Tenants = ["acme", "beta"] });

        client.Replace(
            Pipeline with
            {
                Scopes = ["evaluate", "flags:r"],
                Tenants = ["beta", "acme"],
            },
            "acme",
            Noon.AddHours(1)
        );

        Assert.That(client.Changes, Is.Empty);
        Assert.That(client.Version, Is.EqualTo(1));
        Assert.That(client.UpdatedAt, Is.EqualTo(Noon));
    }

    [Test]
    public void No_event_holds_a_secret_or_its_hash()
    {
        var (first, second) = (Secret.OfClient(), Secret.OfClient());
        var client = ApiClient.Create(Pipeline, first, "acme", Noon);
        client.RotateSecret(second, "acme", Noon);
        client.Delete("acme", Noon);

        var told = string.Concat(client.Changes.SelectMany(c => new[] { c.Before, c.After }));

        foreach (var secret in new[] { first, second })
        {
            Assert.That(told, Does.Not.Contain(secret.Text));
            Assert.That(told, Does.Not.Contain(Convert.ToBase64String(secret.Hash())));
            Assert.That(told, Does.Not.Contain(Convert.ToHexString(secret.Hash())).IgnoreCase);
        }
        Assert.That(told, Does.Not.Contain("secret"));
    }

    [Test]
    public void A_tenants_event_does_not_say_who_the_other_tenants_are()
    {
        var client = Created(Pipeline with { Tenants = ["acme", "beta", "gamma"] });
        client.Replace(Pipeline with { Tenants = ["acme", "beta"] }, "acme", Noon);

        var change = client.Changes.Single();

        Assert.That(Tenants(change.Before), Is.EqualTo((new[] { "acme" }, 2)));
        Assert.That(Tenants(change.After), Is.EqualTo((new[] { "acme" }, 1)));
    }

    [Test]
    public void A_rotated_secret_is_the_only_one()
    {
        var (old, rotated) = (Secret.OfClient(), Secret.OfClient());
        var client = ApiClient.Create(Pipeline, old, "acme", Noon);

        client.RotateSecret(rotated, "acme", Noon);

        Assert.That(rotated.Matches(client.SecretHash), Is.True);
        Assert.That(old.Matches(client.SecretHash), Is.False);
    }

    [Test]
    public void The_first_client_may_do_everything_everywhere_and_is_told_of_nowhere()
    {
        var client = ApiClient.First("root", Secret.OfClient(), Noon);

        Assert.That(client.Grant.Scopes, Is.EqualTo([Scopes.Admin]));
        Assert.That(client.Grant.Tenants, Is.EqualTo(["*"]));
        Assert.That(client.Active, Is.True);
        Assert.That(client.Changes, Is.Empty);
    }

    [Test]
    public void Secrets_are_long_random_and_never_printed()
    {
        var secrets = Enumerable.Range(0, 100).Select(_ => Secret.OfClient()).ToList();

        Assert.That(secrets.Select(s => s.Text).Distinct().Count(), Is.EqualTo(100));
        Assert.That(secrets, Has.All.Matches<Secret>(s => s.Text.Length == "ffsecret_".Length + 43));
        Assert.That($"{secrets[0]}", Is.EqualTo("***"));
    }

    [Test]
    public void A_secret_is_kept_as_its_sha_256()
    {
        // FIPS 180-2, appendix B.1.
        const string HashOfAbc = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";

        Assert.That(Convert.ToHexString(new Secret("abc").Hash()), Is.EqualTo(HashOfAbc));
        Assert.That(new Secret("abc").Matches(Convert.FromHexString(HashOfAbc)), Is.True);
        Assert.That(new Secret("abd").Matches(Convert.FromHexString(HashOfAbc)), Is.False);
    }

    [Test]
    public void No_secret_matches_the_hash_of_nobody([Values("", "0", "abc")] string text) =>
        Assert.That(new Secret(text).Matches(Secret.NobodysHash), Is.False);

    private static ApiClient Created(ClientDraft draft)
    {
        var client = ApiClient.Create(draft, Secret.OfClient(), "acme", Noon);
        client.ForgetChanges();
        return client;
    }

    private static (string[], int) Tenants(JsonElement? snapshot) =>
        (
            snapshot!.Value.GetProperty("tenants").Deserialize<string[]>()!,
            snapshot.Value.GetProperty("other_tenants").GetInt32()
        );
}
