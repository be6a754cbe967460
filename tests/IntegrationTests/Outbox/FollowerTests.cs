using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Features;
using FeatureFlags.Access.Keys;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.IntegrationTests.Outbox;

/// <summary>How a host's followers learn of what other hosts write.</summary>
[TestFixture(Engine.Sqlite)]
[TestFixture(Engine.Postgres)]
internal sealed class FollowerTests(Engine engine) : OutboxFixture(engine)
{
    private static readonly Scope Globex = new("globex", "production");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource _release = new();

    // Rules that take long to load, of one tenant, and a key that another one has revoked.
    [Test]
    public async Task A_follower_that_is_held_up_in_one_scope_keeps_no_other_from_following_another()
    {
        var (writer, node) = (await IdleNode(), await RunningNode());
        var known = node.Services.GetRequiredService<KnownKeys>();
        var key = await writer.Send(
            new CreateApiKey.Command(
                new KeyDraft("a key", KeyKind.Server, KeyDraft.ServerScopes, ExpiresAt: null, AllowedOrigins: [])
            )
        );
        Assert.That(await known.Find(key.Key!, CancellationToken.None), Is.Not.Null);
        var isHeldUp = HoldUp(node, Globex);
        await writer.Switch(Globex, true, "lamp");
        await isHeldUp;

        await writer.Send(new RevokeApiKey.Command(key.Id, Preconditions.None));

        await Eventually.Holds(async () => await known.Find(key.Key!, CancellationToken.None) is null);
    }

    [Test]
    public async Task A_follower_that_was_held_up_goes_on_with_what_is_newest_then()
    {
        var (writer, node) = (await IdleNode(), await RunningNode());
        var isHeldUp = HoldUp(node, Globex);
        await writer.Switch(Globex, true, "lamp");
        await isHeldUp;
        await writer.Toggle("hall", 5);

        var told = new TaskCompletionSource<long>();
        var held = node.Subscribers.Following;
        node.Subscribers.Following = (head, ct) =>
        {
            if (head.Scope == Node.Acme && head.Revision == 5)
                told.TrySetResult(head.Revision);
            return held(head, ct);
        };
        _release.SetResult();

        Assert.That(await told.Task.WaitAsync(Patience), Is.EqualTo(5));
    }

    [Test]
    public async Task A_host_that_missed_the_database_is_behind_until_every_follower_has_followed()
    {
        await (await IdleNode()).Switch(Globex, true, "lamp");
        var node = await IdleNode();
        var database = node.Services.GetRequiredService<DatabaseStatus>();
        database.SetMissed();
        var isHeldUp = HoldUp(node, Globex);
        await node.Start();
        await isHeldUp;

        Assert.That(database.IsAway);
        _release.SetResult();
        await Eventually.Holds(() => !database.IsAway);
    }

    [Test]
    public async Task A_scope_that_can_not_be_followed_is_told_again_and_keeps_no_other_from_it()
    {
        var (writer, node) = (await IdleNode(), await RunningNode());
        var database = node.Services.GetRequiredService<DatabaseStatus>();
        var (isBroken, others) = (true, 0);
        node.Subscribers.Following = (head, _) =>
        {
            if (head.Scope == Globex && isBroken)
                throw new InvalidOperationException("This scope can't be followed.");
            if (head.Scope == Node.Acme)
                others++;
            return Task.CompletedTask;
        };

        await writer.Switch(Globex, true, "lamp");
        await Eventually.Holds(() => database.IsAway);
        await writer.Switch(true, "hall");
        await Eventually.Holds(() => others == 1);
        Assert.That(database.IsAway);
        isBroken = false;

        await Eventually.Holds(() => !database.IsAway);
    }

    /// <summary>Has one of the node's followers take until <see cref="_release"/> to follow a scope.</summary>
    /// <returns>Ends when it has begun to.</returns>
    private Task HoldUp(Node node, Scope scope)
    {
        var begun = new TaskCompletionSource();
        node.Subscribers.Following = (head, ct) =>
        {
            if (head.Scope != scope)
                return Task.CompletedTask;
            begun.TrySetResult();
            return _release.Task.WaitAsync(ct);
        };
        return begun.Task.WaitAsync(Patience);
    }
}
