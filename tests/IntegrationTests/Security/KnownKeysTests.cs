using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Features;
using FeatureFlags.Access.Keys;
using FeatureFlags.Access.Tokens;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.IntegrationTests.Outbox;
using Microsoft.EntityFrameworkCore;
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

    // One that was revoked while the host was down would be good until the host comes to ask.
    [Test]
    public async Task A_key_from_disk_counts_while_the_database_is_not_there_and_then_not_before_it_was_asked()
    {
        var node = await IdleNode();
        var (good, revoked) = (await node.Send(NewKey), await node.Send(NewKey));
        node.Services.GetRequiredService<KnownKeys>().Restore([FromDisk(good), FromDisk(revoked)]);
        await (await IdleNode()).Send(new RevokeApiKey.Command(revoked.Id, Preconditions.None));
        var (before, gone) = (await Find(node, good.Key!), await Find(node, revoked.Key!));
        Assert.That(new[] { before, gone }, Has.All.Not.Null);

        node.Services.GetRequiredService<DatabaseStatus>().SetReady();

        Assert.That(await Find(node, revoked.Key!), Is.Null);
        Assert.That(gone!.Bounds!.Revoked.IsCancellationRequested);
        Assert.That(await Find(node, good.Key!), Is.SameAs(before));
        Assert.That(await node.PlansFor("access_api_keys", _ => Find(node, good.Key!)), Is.Empty);
    }

    [Test]
    public async Task A_key_from_disk_counts_while_the_database_was_reached_and_is_away_again()
    {
        var node = await IdleNode();
        var database = node.Services.GetRequiredService<DatabaseStatus>();
        database.SetMissed();
        database.SetReady();
        var kept = Held("key_1");
        node.Services.GetRequiredService<KnownKeys>().Restore([kept]);

        Assert.That(await Find(node, kept.Hash), Is.SameAs(kept.Caller));
    }

    [Test]
    public async Task Who_comes_with_a_key_while_the_host_starts_waits_until_it_can_be_looked_up()
    {
        var node = await IdleNode();
        var key = await node.Send(NewKey);

        var finding = Find(node, key.Key!);
        Assert.That(finding.IsCompleted, Is.False);
        node.Services.GetRequiredService<DatabaseStatus>().SetReady();
        node.Services.GetRequiredService<KnownKeys>().Restore([]);

        Assert.That(await finding, Is.Not.Null);
    }

    [Test]
    public async Task Who_comes_with_a_key_while_the_host_starts_waits_until_those_on_disk_are_read()
    {
        var node = await IdleNode();
        var kept = Held("key_1");

        var (known, unknown) = (Find(node, kept.Hash), Find(node, Held("key_2").Hash));
        Assert.That(known.IsCompleted || unknown.IsCompleted, Is.False);
        node.Services.GetRequiredService<DatabaseStatus>().SetMissed();
        node.Services.GetRequiredService<KnownKeys>().Restore([kept]);

        Assert.That(await known, Is.SameAs(kept.Caller));
        Assert.That(() => unknown, Throws.TypeOf<UnavailableException>());
        Assert.That(() => Find(node, Held("key_2").Hash), Throws.TypeOf<UnavailableException>());
    }

    [Test]
    public async Task Only_so_many_wait_for_the_start_and_no_longer_than_5_seconds()
    {
        var node = await IdleNode();

        var waiting = Enumerable
            .Range(0, KnownKeys.MostWaiting)
            .Select(i => Find(node, Held($"key_{i}").Hash))
            .ToList();
        Assert.That(() => Find(node, Held("key").Hash), Throws.TypeOf<UnavailableException>());
        Assert.That(waiting.Any(one => one.IsCompleted), Is.False);

        Assert.That(node.Clock.Pass(TimeSpan.FromSeconds(5)), Is.EqualTo(KnownKeys.MostWaiting));
        foreach (var one in waiting)
            Assert.That(() => one, Throws.TypeOf<UnavailableException>());
    }

    [Test]
    public async Task When_two_hosts_note_a_use_the_later_one_stays_whoever_is_last()
    {
        var (here, there) = (await ReadyNode(), await ReadyNode());
        var key = await here.Send(NewKey);
        there.Clock.Ahead = TimeSpan.FromMinutes(5);
        await Find(here, key.Key!);
        await Find(there, key.Key!);

        await there.Hosted<NoteKeyUse>().Note(CancellationToken.None);
        var noted = await LastUse();
        await here.Hosted<NoteKeyUse>().Note(CancellationToken.None);

        Assert.That(noted, Is.GreaterThan(here.Clock.GetUtcNow().AddMinutes(4)));
        Assert.That(await LastUse(), Is.EqualTo(noted));

        Task<DateTimeOffset?> LastUse() => here.InScope(db => db.Set<ApiKey>().Select(k => k.LastUsedAt).SingleAsync());
    }

    private static CreateApiKey.Command NewKey =>
        new(new KeyDraft("a key", KeyKind.Server, KeyDraft.ServerScopes, ExpiresAt: null, []));

    private static HeldKey Held(string id) =>
        new(
            CredentialHash.OfKey(Secret.OfKey(KeyKind.Server).Text),
            new KeyTerms(id, "globex", "production", "evaluate", "", Until: null)
        )
        {
            IsFromFile = true,
        };

    private static HeldKey FromDisk(ApiKeyResponse key) =>
        new(
            CredentialHash.OfKey(key.Key!),
            new KeyTerms(
                key.Id,
                Node.Acme.Tenant,
                Node.Acme.Environment,
                string.Join(' ', key.Scopes),
                Origins: "",
                Until: null
            )
        )
        {
            IsFromFile = true,
        };

    private static Task<KnownCaller?> Find(Node node, CredentialHash hash) =>
        node.Services.GetRequiredService<KnownKeys>().Find(hash, CancellationToken.None).AsTask();

    private static Task<KnownCaller?> Find(Node node, string key) =>
        node.Services.GetRequiredService<KnownKeys>().Find(key, CancellationToken.None).AsTask();

    private async Task<Node> ReadyNode()
    {
        var node = await IdleNode();
        node.Services.GetRequiredService<DatabaseStatus>().SetReady();
        return node;
    }
}
