using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Features;
using FeatureFlags.Access.Keys;
using FeatureFlags.Access.Tokens;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.IntegrationTests.Outbox;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.IntegrationTests.Security;

/// <summary>What one host remembers of the API keys that come to it.</summary>
[TestFixture(Engine.Sqlite)]
[TestFixture(Engine.Postgres)]
internal sealed class KnownKeysTests(Engine engine) : OutboxFixture(engine)
{
    private const string Hashes = "access_api_key_hashes";

    [Test]
    public async Task A_key_that_is_held_is_not_looked_up_again()
    {
        var node = await ReadyNode();
        var key = await node.Send(NewKey);

        await Find(node, key.Key!);
        var lookUps = await node.PlansFor(Hashes, _ => Find(node, key.Key!));

        Assert.That(lookUps, Is.Empty);
    }

    [Test]
    public async Task A_wrong_key_is_looked_up_once_a_second()
    {
        var node = await ReadyNode();
        var wrong = Secret.OfKey(KeyKind.Server).Text;

        Assert.That(await node.PlansFor(Hashes, _ => Find(node, wrong)), Has.Count.EqualTo(1));
        Assert.That(await node.PlansFor(Hashes, _ => Find(node, wrong)), Has.Count.EqualTo(1), "in all");
        node.Clock.Ahead += KnownKeys.WrongFor;
        Assert.That(await node.PlansFor(Hashes, _ => Find(node, wrong)), Has.Count.EqualTo(2), "in all");
    }

    [Test]
    public async Task What_has_not_the_form_of_a_key_is_not_looked_up()
    {
        var node = await ReadyNode();

        Assert.That(await node.PlansFor(Hashes, _ => Find(node, "ff_server_short")), Is.Empty);
    }

    [Test]
    public async Task A_key_revoked_while_it_is_first_looked_up_is_not_held()
    {
        var node = await ReadyNode();

        for (var i = 0; i < 50; i++)
        {
            var key = await node.Send(NewKey);
            var lookUp = Find(node, key.Key!);
            await node.Send(new RevokeApiKey.Command(key.Id, Preconditions.None));

            Assert.That(await Find(node, key.Key!), Is.Null);
            await lookUp;
            Assert.That(await Find(node, key.Key!), Is.Null);
        }
    }

    // Of two that were held for one text only one would be followed.
    [Test]
    public async Task However_many_come_with_one_key_at_once_they_are_one_caller()
    {
        var node = await ReadyNode();

        for (var i = 0; i < 20; i++)
        {
            var key = (await node.Send(NewKey)).Key!;
            var callers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Find(node, key))));

            Assert.That(callers, Has.All.SameAs(callers[0]).And.All.Not.Null);
        }
    }

    [Test]
    public async Task When_too_many_are_held_those_not_used_for_longest_go_and_what_they_did_ends()
    {
        var node = await ReadyNode();
        var known = node.Services.GetRequiredService<KnownKeys>();
        var others = Enumerable.Range(0, KnownKeys.Most).Select(i => Held($"key_{i}")).ToList();
        known.Restore(others);
        foreach (var used in others.Skip(KnownKeys.Most / 4))
            used.Use(node.Clock.GetUtcNow());
        var key = await node.Send(NewKey);

        Assert.That(await Find(node, key.Key!), Is.Not.Null);

        var held = known.Held.ToHashSet();
        Assert.That(held, Has.Count.EqualTo(KnownKeys.Most - (KnownKeys.Most / 4) + 1));
        Assert.That(others.Skip(KnownKeys.Most / 4).All(held.Contains));
        Assert.That(others.Take(KnownKeys.Most / 4).All(gone => gone.Caller.Bounds!.Revoked.IsCancellationRequested));
    }

    [Test]
    public async Task A_change_elsewhere_leaves_a_key_and_what_it_does_alone()
    {
        var node = await ReadyNode();
        var key = await node.Send(NewKey);
        var caller = await Find(node, key.Key!);

        await node.Switch(true, "lamp");
        await node.Send(NewKey);

        Assert.That(await Find(node, key.Key!), Is.SameAs(caller));
        Assert.That(caller!.Bounds!.Revoked.IsCancellationRequested, Is.False);
    }

    private static CreateApiKey.Command NewKey =>
        new(new KeyDraft("a key", KeyKind.Server, KeyDraft.ServerScopes, ExpiresAt: null, []));

    private static HeldKey Held(string id) =>
        new(
            CredentialHash.OfKey(Secret.OfKey(KeyKind.Server).Text),
            new KeyTerms(id, "globex", "production", "evaluate", "", Until: null)
        );

    private static Task<KnownCaller?> Find(Node node, string key) =>
        node.Services.GetRequiredService<KnownKeys>().Find(key, CancellationToken.None).AsTask();

    private async Task<Node> ReadyNode()
    {
        var node = await IdleNode();
        node.Services.GetRequiredService<DatabaseStatus>().SetReady();
        return node;
    }
}
