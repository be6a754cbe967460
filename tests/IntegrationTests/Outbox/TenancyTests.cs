using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.IntegrationTests.Outbox;

[TestFixture(Engine.Sqlite)]
[TestFixture(Engine.Postgres)]
internal sealed class TenancyTests(Engine engine) : OutboxFixture(engine)
{
    private static readonly Scope Globex = new("globex", "production");
    private static readonly Scope Staging = new("acme", "staging");

    [Test]
    public async Task A_query_sees_the_rows_of_its_own_tenant_and_environment_only()
    {
        var node = await IdleNode();
        await node.Switch(true, "desk");
        await node.Switch(Globex, true, "safe");
        await node.Switch(Staging, true, "stage");

        Assert.That(await Lamps(node, Node.Acme), Is.EqualTo(new[] { "desk" }));
        Assert.That(await Lamps(node, Globex), Is.EqualTo(new[] { "safe" }));
        Assert.That(await Lamps(node, Staging), Is.EqualTo(new[] { "stage" }));
    }

    [Test]
    public async Task Work_without_a_tenant_sees_nothing()
    {
        var node = await IdleNode();
        await node.Switch(true, "desk");
        await using var services = node.Services.CreateAsyncScope();
        var db = services.ServiceProvider.GetRequiredService<AppDbContext>();

        Assert.That(await db.Set<Lamp>().CountAsync(), Is.Zero);
    }

    [Test]
    public async Task A_new_row_of_another_tenant_is_refused()
    {
        var node = await IdleNode();

        Assert.That(
            () =>
                node.InScope(db =>
                {
                    db.Add(Lamp.Of(Globex, "desk"));
                    return db.SaveChangesAsync();
                }),
            Throws.TypeOf<CrossTenantWriteException>()
        );
        Assert.That(await Lamps(node, Globex), Is.Empty);
    }

    [Test]
    public async Task A_row_of_another_environment_that_got_past_the_filter_can_be_neither_changed_nor_deleted()
    {
        var node = await IdleNode();
        await node.Switch(Staging, true, "desk");

        foreach (
            var act in new Action<AppDbContext, Lamp>[] { (_, lamp) => lamp.Switch(false), (db, l) => db.Remove(l) }
        )
            Assert.That(
                () =>
                    node.InScope(async db =>
                    {
                        act(db, await db.Set<Lamp>().IgnoreQueryFilters().SingleAsync());
                        return await db.SaveChangesAsync();
                    }),
                Throws.TypeOf<CrossTenantWriteException>()
            );
        Assert.That(await Lamps(node, Staging), Is.EqualTo(new[] { "desk" }));
    }

    [Test]
    public async Task A_subscriber_that_writes_a_row_of_another_tenant_fails_and_writes_nothing()
    {
        var node = await IdleNode(("Outbox:MaxAttempts", "1"));
        await node.Switch(true, "desk");
        node.Subscribers.NotesGoTo = Globex;

        await node.Start();

        await Eventually.Holds(async () => (await node.DeadLetters()).Count == 2);
        Assert.That(await node.NotedBy(Ledger.Name, scope: Globex), Is.Empty);
    }

    private static Task<List<string>> Lamps(Node node, Scope scope) =>
        node.InScope(db => db.Set<Lamp>().Select(l => l.Key).ToListAsync(), scope);
}
