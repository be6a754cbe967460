using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.Testing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.IntegrationTests.Outbox;

[TestFixture(Engine.Sqlite)]
[TestFixture(Engine.Postgres)]
internal sealed class RevisionTests(Engine engine) : OutboxFixture(engine)
{
    [Test]
    public async Task Revisions_are_dense_and_become_visible_in_order_while_many_write_at_once()
    {
        var node = await IdleNode();
        using var written = new CancellationTokenSource();
        var gaps = Task.Run(() => FollowByCursor(node, written.Token));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => node.Toggle($"lamp-{writer}", times: 25)));
        await written.CancelAsync();

        Assert.That(await gaps, Is.EqualTo(Enumerable.Range(1, 200)));
        Assert.That((await node.Head()).Revision, Is.EqualTo(200));
    }

    [Test]
    public async Task A_write_that_changes_nothing_takes_no_revision()
    {
        var node = await IdleNode();
        await node.Switch(true, "desk");
        var before = await node.Head();

        await node.Switch(true, "desk");

        var after = await node.Head();
        Assert.That((after.Revision, after.HeadEventId), Is.EqualTo((before.Revision, before.HeadEventId)));
        Assert.That(await node.Open(Ledger.Name), Is.EqualTo(1));
    }

    [Test]
    public async Task A_write_that_changes_nothing_leaves_no_trace_of_a_new_scope()
    {
        var node = await IdleNode();

        await node.Send(new DoNothing.Command());

        Assert.That(await node.InScope(db => db.Set<ScopeRevision>().CountAsync()), Is.Zero);
    }

    [Test]
    public async Task A_failed_write_takes_no_revision()
    {
        var node = await IdleNode();
        await node.Switch(true, "desk");

        Assert.That(() => node.Send(new Fail.Command()), Throws.TypeOf<ConflictException>());
        await node.Switch(false, "desk");

        Assert.That((await node.Head()).Revision, Is.EqualTo(2));
    }

    [Test]
    public async Task A_write_of_several_changes_takes_as_many_consecutive_revisions()
    {
        var node = await IdleNode();

        await node.Switch(true, "desk", "hall", "cellar");
        await node.Switch(false, "hall");

        var messages = await node.InScope(db =>
            db.Set<OutboxMessage>().OrderBy(m => m.Revision).Select(m => new { m.Revision, m.EntityKey }).ToListAsync()
        );
        Assert.That(
            messages.Select(m => (m.Revision, m.EntityKey)),
            Is.EqualTo(new[] { (1L, "desk"), (2L, "hall"), (3L, "cellar"), (4L, "hall") })
        );
    }

    [Test]
    public async Task The_head_names_the_event_at_its_revision()
    {
        var node = await IdleNode();

        await node.Switch(true, "desk", "hall");

        var head = await node.Head();
        var last = await node.InScope(db => db.Set<OutboxMessage>().SingleAsync(m => m.Revision == 2));
        Assert.That((head.Revision, head.HeadEventId), Is.EqualTo((2, last.EventId)));
    }

    [Test]
    public async Task Each_scope_counts_for_itself()
    {
        var node = await IdleNode();
        await node.Switch(true, "desk");
        await node.Switch(false, "desk");

        await node.Switch(new Scope("globex", "production"), true, "desk");
        await node.Switch(new Scope("acme", "staging"), true, "desk");

        var revisions = await node.InScope(db =>
            db.Set<ScopeRevision>().OrderBy(r => r.Tenant).ThenBy(r => r.Environment).ToListAsync()
        );
        Assert.That(
            revisions.Select(r => $"{r.Tenant}/{r.Environment} {r.Revision}"),
            Is.EqualTo(new[] { "acme/production 2", "acme/staging 1", "globex/production 1" })
        );
    }

    [Test]
    public async Task An_event_that_no_module_declares_is_not_raised()
    {
        var node = await IdleNode();

        Assert.That(
            () => node.Send(new RaiseUndeclared.Command()),
            Throws.InvalidOperationException.With.Message.Contains("lamp.exploded")
        );
    }

    /// <summary>What a reader of "revision above my last" sees until the writers are done and it has caught up.</summary>
    private static async Task<List<long>> FollowByCursor(Node node, CancellationToken written)
    {
        var seen = new List<long> { 0 };
        while (true)
        {
            var last = written.IsCancellationRequested;
            var cursor = seen[^1];
            seen.AddRange(
                await node.InScope(db =>
                    db.Set<OutboxMessage>()
                        .Where(m => m.Revision > cursor)
                        .OrderBy(m => m.Revision)
                        .Select(m => m.Revision)
                        .ToListAsync(CancellationToken.None)
                )
            );
            if (last)
                return seen[1..];
        }
    }
}
